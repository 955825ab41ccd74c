using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>The changes of the heads on their way, and the fields that must not change.</summary>
public sealed class HeaderTests(Front front) : IClassFixture<Front>
{
    [Theory]
    [InlineData("git.example.test")]
    [InlineData("git.example.test:8443")]
    [InlineData("[::1]:99")]
    public async Task Host_IsThePrimarysAuthority_WhateverTheClientCallsTheNode(string host)
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Host", host));

        Assert.Equal(front.Primary.Authority, front.Primary.Request.Header("Host"));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.9.8.7")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "evil.example.test")]
    [InlineData("X-Forwarded-Port", "1234")]
    [InlineData("X-Forwarded-Prefix", "/evil")]
    [InlineData("Forwarded", "for=10.9.8.7;proto=https")]
    public async Task ForwardingFields_OfTheClient_AreDropped(string name, string value)
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page", (name, value));

        Assert.DoesNotContain(value, front.Primary.Request.Header(name) ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForwardingFields_OfTheNode_SayWhoAskedAndHow()
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Host", "git.example.test"));

        Assert.Equal(
            ("127.0.0.1", "http", "git.example.test"),
            (
                front.Primary.Request.Header("X-Forwarded-For"),
                front.Primary.Request.Header("X-Forwarded-Proto"),
                front.Primary.Request.Header("X-Forwarded-Host")
            )
        );
    }

    [Fact]
    public async Task Via_IsAdded_ToRequestAndAnswer()
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page");

        Assert.Matches("^1[.]1 waystation-[0-9a-f]{16}$", front.Primary.Request.Header("Via"));
        Assert.Equal("1.1 waystation", answer.Headers.Via.Single().ToString());
    }

    [Theory]
    [InlineData("Connection", "X-Foo")]
    [InlineData("X-Foo", "of-this-hop")]
    [InlineData("TE", "gzip")]
    [InlineData("Keep-Alive", "timeout=5")]
    [InlineData("Proxy-Authorization", "Basic cHJveHk6c2VjcmV0")]
    [InlineData("Proxy-Connection", "keep-alive")]
    public async Task HopByHopFields_OfARequest_AreNotForwarded(string name, string value)
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Connection", "X-Foo"), (name, value));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(value, front.Primary.Request.Header(name) ?? "", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Beside <c>close</c> and <c>keep-alive</c>, in one field and in several, also on a connection that is used again.</summary>
    [Theory]
    [InlineData("Connection: close, X-Foo\r\nX-Foo: secret\r\n", false)]
    [InlineData("Connection: X-Foo, close\r\nX-Foo: secret\r\n", false)]
    [InlineData("X-Foo: secret\r\nConnection: keep-alive,x-foo\r\n", false)]
    [InlineData("Connection: keep-alive\r\nX-Foo: secret\r\nConnection: X-Foo\r\n", false)]
    [InlineData("Connection: Upgrade, X-Foo\r\nX-Foo: secret\r\n", false)]
    [InlineData("Connection: keep-alive, X-Other\r\nX-Foo: secret\r\n", true)]
    [InlineData("Connection: keep-alive\r\nX-Foo: secret\r\n", true)]
    public async Task FieldForThisHop_IsNotForwarded_WhateverElseConnectionSays(string fields, bool isForwarded)
    {
        front.Primary.AnswerText("ok");
        using RawConnection connection = await RawConnection.OpenAsync(front.Node.Url);
        // The names of an earlier request are its own.
        await connection.SendAsync("GET /first HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-Foo\r\n\r\n"u8.ToArray());
        await Eventually.TrueAsync("the primary was asked", () => front.Primary.Requests.Count == 1);
        string request = $"GET /page HTTP/1.1\r\nHost: x\r\n{fields}\r\n";
        // In pieces, so that the server reads the head in several steps.
        for (int at = 0; at < request.Length; at += 7)
        {
            await connection.SendAsync(Encoding.ASCII.GetBytes(request[at..Math.Min(at + 7, request.Length)]));
        }

        await Eventually.TrueAsync("the primary was asked again", () => front.Primary.Requests.Count == 2);
        Assert.Equal(isForwarded ? "secret" : null, front.Primary.Request.Header("X-Foo"));
    }

    [Theory]
    [InlineData("X-Foo", "1")]
    [InlineData("Keep-Alive", "timeout=77")]
    [InlineData("Proxy-Authenticate", "Basic")]
    public async Task HopByHopFields_OfAnAnswer_AreNotForwarded(string name, string value)
    {
        front.Primary.Answer(context =>
        {
            context.Response.Headers.Append("Connection", "X-Foo");
            context.Response.Headers.Append(name, value);
            return context.Response.WriteAsync("ok");
        });

        using HttpResponseMessage answer = await front.GetAsync("/page");

        Assert.False(answer.Headers.TryGetValues(name, out _));
    }

    [Theory]
    [InlineData("//a/%2e%2e/b%2Fc?x=%20y&z")]
    [InlineData("/a/../b/./c")]
    [InlineData("/a//b?&&=&x==")]
    [InlineData("/%7Euser/%C3%A9?q=%2B+")]
    [InlineData("/a?")]
    public async Task Target_ReachesThePrimary_ToTheLetter(string target)
    {
        front.Primary.AnswerText("ok");

        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        );

        Assert.Equal(200, answer.Status);
        Assert.Equal(target, front.Primary.Request.Target);
    }

    [Fact]
    public async Task OrdinaryFields_ReachThePrimary_Untouched()
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync(
            "/page",
            ("Authorization", "Bearer abc"),
            ("Cookie", "a=1; b=2"),
            ("X-Own", "x y"),
            ("Accept-Encoding", "br, gzip")
        );

        SeenRequest seen = front.Primary.Request;
        Assert.Equal(
            ("Bearer abc", "a=1; b=2", "x y", "br, gzip"),
            (seen.Header("Authorization"), seen.Header("Cookie"), seen.Header("X-Own"), seen.Header("Accept-Encoding"))
        );
    }
}
