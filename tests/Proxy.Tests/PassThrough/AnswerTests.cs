using System.Net;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>The primary's answers reach the client as they are, and its absence is said.</summary>
public sealed class AnswerTests(Front front) : IClassFixture<Front>
{
    [Theory]
    [InlineData(200)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(404)]
    [InlineData(418)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Answer_OfAnyStatus_IsUntouched(int status)
    {
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "http://elsewhere.example.test/a?b";
            context.Response.Headers.Append("X-Own", "1");
            return context.Response.WriteAsync($"body of {status}");
        });

        using HttpResponseMessage answer = await front.GetAsync("/page");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("http://elsewhere.example.test/a?b", answer.Headers.Location!.OriginalString);
        Assert.Equal("1", answer.Headers.GetValues("X-Own").Single());
        Assert.Equal($"body of {status}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Cookies_SetTwice_ArriveTwice()
    {
        front.Primary.Answer(context =>
        {
            context.Response.Headers.Append("Set-Cookie", "a=1; Path=/");
            context.Response.Headers.Append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2099 07:28:00 GMT");
            return Task.CompletedTask;
        });

        using HttpResponseMessage answer = await front.GetAsync("/page");

        Assert.Equal(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2099 07:28:00 GMT"], answer.Headers.GetValues("Set-Cookie"));
    }

    [Fact]
    public async Task NotModified_HasItsTagAndNoBody()
    {
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            context.Response.Headers.ETag = context.Request.Headers.IfNoneMatch;
            return Task.CompletedTask;
        });

        using HttpResponseMessage answer = await front.GetAsync("/page", ("If-None-Match", "\"v1\""));

        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        Assert.Equal("\"v1\"", answer.Headers.ETag!.Tag);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Head_KeepsTheLengthOfTheBodyThatIsNotSent()
    {
        front.Primary.Answer(context =>
        {
            context.Response.ContentLength = 1234;
            return Task.CompletedTask;
        });

        using HttpResponseMessage answer = await front.SendAsync(HttpMethod.Head, "/page", null);

        Assert.Equal("HEAD", front.Primary.Request.Method);
        Assert.Equal(1234, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task NoContent_StaysEmpty()
    {
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });

        using HttpResponseMessage answer = await front.SendAsync(HttpMethod.Delete, "/thing", null);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task CodedPage_IsNotDecoded()
    {
        byte[] coded = [31, 139, 8, 0, 1, 2, 3];
        front.Primary.Answer(async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(coded);
        });

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Accept-Encoding", "gzip"));

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal(coded, await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BrokenBody_IsNotEndedAsIfItWereWhole(bool chunked)
    {
        var seen = new TaskCompletionSource();
        front.Primary.Answer(async context =>
        {
            context.Response.ContentLength = chunked ? null : 1000;
            await context.Response.WriteAsync("the beginning");
            await context.Response.Body.FlushAsync();
            await seen.Task;
            ScriptedPrimary.Reset(context);
        });

        using HttpResponseMessage answer = await front.GetAsync("/file");
        Stream body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte["the beginning".Length]);
        seen.SetResult();

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task PrimaryThatIsDown_IsBadGateway_WithALineOfText()
    {
        await using ScriptedPrimary gone = await ScriptedPrimary.StartAsync();
        Uri url = gone.Url;
        await gone.DisposeAsync();
        await using TestKit.Servers.WaystationNode node = await TestKit.Servers.WaystationNode.StartAsync(url);

        using HttpResponseMessage answer = await front.Client.GetAsync(new Uri(node.Url, "/page"));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Matches($"^waystation: 127\\.0\\.0\\.1:{url.Port} [^\n]+\n$", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST", "body", false)]
    [InlineData("POST", "body", true)]
    [InlineData("POST", "", true)]
    [InlineData("PUT", "body", true)]
    [InlineData("PATCH", "", false)]
    [InlineData("DELETE", null, true)]
    [InlineData("POST", null, true)]
    public async Task Change_ThatThePrimaryLeavesUnanswered_IsSentOnce(string method, string? body, bool politely)
    {
        // An answered request first, so that the next goes over a connection that was used before.
        front.Primary.AnswerText("ok");
        using (HttpResponseMessage warm = await front.GetAsync("/page"))
        {
            await warm.Content.ReadAsStringAsync();
        }

        front.Primary.Answer(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            if (politely)
            {
                ScriptedPrimary.Close(context);
            }

            context.Abort();
        });

        using HttpResponseMessage answer = await front.SendAsync(
            new HttpMethod(method),
            "/thing",
            body is null ? null : new StringContent(body)
        );

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Single(front.Primary.Requests);
    }
}
