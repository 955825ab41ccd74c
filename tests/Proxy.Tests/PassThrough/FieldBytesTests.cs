using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>Fields pass as the bytes that they are, and as long as logins get.</summary>
public sealed class FieldBytesTests(GitFront front) : IClassFixture<GitFront>
{
    public static TheoryData<byte[], string> Bytes =>
        new()
        {
            { Encoding.Latin1.GetBytes("Jürgen"), "/page" },
            { Encoding.UTF8.GetBytes("Jürgen 名前 🙂"), "/page" },
            { [0x80, 0xff, 0xc3], "/page" },
            { Encoding.Latin1.GetBytes("Jürgen"), "/tool.git/info/refs?service=git-upload-pack" },
            { Encoding.UTF8.GetBytes("Jürgen 名前 🙂"), "/tool.git/info/refs?service=git-upload-pack" },
            { [0x80, 0xff, 0xc3], "/tool.git/info/refs?service=git-upload-pack" },
        };

    [Theory]
    [MemberData(nameof(Bytes))]
    public async Task Field_PassesBothWays_WhateverItIsCodedIn(byte[] value, string target)
    {
        string text = Encoding.Latin1.GetString(value);
        string? seen = null;
        front.Primary.Answer(context =>
        {
            seen = context.Request.Headers["X-Name"].ToString();
            context.Response.Headers["X-Echo"] = text;
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{text}\"";
            return context.Response.WriteAsync("ok");
        });

        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\nX-Name: {text}\r\nConnection: close\r\n\r\n")
        );

        Assert.Equal((200, text, text), (answer.Status, seen, answer.Header("X-Echo")));
        Assert.Equal($"attachment; filename=\"{text}\"", answer.Header("Content-Disposition"));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(88)]
    public async Task LongCredential_ReachesThePrimary(int kibibytes)
    {
        string token = "Bearer " + new string('k', kibibytes * 1024);
        (string repository, GitScript script) = front.Serve();
        bool isWhole = true;
        front.Primary.Answer(context =>
        {
            isWhole &= context.Request.Headers.Authorization == token;
            return script.HandleAsync(context);
        });

        using HttpResponseMessage page = await front.GetAsync("/page", ("Authorization", token));
        using HttpResponseMessage refs = await front.GetAsync(
            $"{repository}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2"),
            ("Authorization", token)
        );

        Assert.Equal((200, 200, true, 1), ((int)page.StatusCode, (int)refs.StatusCode, isWhole, script.InfoRefs));
    }

    [Fact]
    public async Task HeadBeyondItsBound_IsRefusedByTheNode()
    {
        front.Primary.AnswerText("ok");

        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            Encoding.ASCII.GetBytes(
                $"GET /page HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {new string('k', 130 * 1024)}\r\nConnection: close\r\n\r\n"
            )
        );

        Assert.Equal(431, answer.Status);
        Assert.Empty(front.Primary.Requests);
    }

    [Fact]
    public async Task LongFieldsOfAnAnswer_ReachTheClient()
    {
        string challenge = "Negotiate " + new string('k', 64 * 1024);
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = challenge;
            return Task.CompletedTask;
        });

        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray()
        );

        Assert.Equal((401, challenge), (answer.Status, answer.Header("WWW-Authenticate")));
    }
}
