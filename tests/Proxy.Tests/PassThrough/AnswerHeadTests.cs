using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>One rule for the heads of answers, whichever way an answer takes through the node.</summary>
public sealed class AnswerHeadTests(GitFront front) : IClassFixture<GitFront>
{
    public static TheoryData<string> Ways => ["page", "info-refs", "ls-refs", "fetch", "round", "unknown", "push-refs", "push"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task FieldsThatConnectionNames_EndHere_AndViaIsSaid(string way)
    {
        (string repository, GitScript script) = front.Serve();
        front.Primary.Answer(context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["Alt-Svc"] = "h2=\":443\"";
            context.Response.Headers["X-End"] = "1";
            return AnswerAsync(script, context, way);
        });

        using HttpResponseMessage answer = await AskAsync(way, repository);

        Assert.Equal("1.1 waystation", answer.Headers.Via.Single().ToString());
        Assert.False(answer.Headers.Contains("X-Hop"));
        Assert.False(answer.Headers.Contains("Alt-Svc"));
        // A fetch becomes an answer of the node's own; all others are the primary's.
        Assert.Equal(way != "fetch", answer.Headers.Contains("X-End"));

        // The scripted primary ends a connection whose field does not name keep-alive: the next test must not meet it half closed.
        await answer.Content.ReadAsByteArrayAsync();
        await Eventually.TrueAsync("the primary's connections have ended", () => !front.Primary.OpenConnections.Any());
    }

    [Fact]
    public async Task AdvertisementFromTheTicket_SaysVia()
    {
        (string repository, _) = front.Serve();
        await front.InfoRefsAsync(repository);

        using HttpResponseMessage answer = await front.GetAsync(
            $"{repository}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2")
        );

        Assert.Equal("waystation; hit; detail=ticket", GitFront.StatusOf(answer));
        Assert.Equal("1.1 waystation", answer.Headers.Via.Single().ToString());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task RedirectToThePrimaryItself_KeepsTheNameThatTheClientUsed(string way)
    {
        (string repository, _) = front.Serve();
        front.Primary.Answer(context => RedirectAsync(context, $"http://{front.Primary.Authority}/new%20place/a.git?x=%C3%A9&y"));

        using HttpResponseMessage answer = await AskAsync(way, repository, ("Host", "git.example.test:8443"));

        Assert.Equal(301, (int)answer.StatusCode);
        Assert.Equal("http://git.example.test:8443/new%20place/a.git?x=%C3%A9&y", answer.Headers.GetValues("Location").Single());
    }

    [Theory]
    [InlineData("http://elsewhere.example.test/a")]
    [InlineData("https://{0}/a")]
    [InlineData("http://user@{0}/a")]
    [InlineData("http://{0}.example.test/a")]
    [InlineData("http://{0}@elsewhere.example.test/a")]
    [InlineData("//elsewhere.example.test/a")]
    [InlineData("/a?b=http://{0}/")]
    [InlineData("a//b")]
    [InlineData("not a url at all")]
    public async Task RedirectElsewhere_Passes(string location)
    {
        string said = location.Replace("{0}", front.Primary.Authority, StringComparison.Ordinal);
        front.Primary.Answer(context => RedirectAsync(context, said));

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Host", "git.example.test"));

        Assert.Equal(said, answer.Headers.NonValidated["Location"].ToString());
    }

    [Theory]
    [InlineData("http://{0}", "http://git.example.test")]
    [InlineData("HTTP://{0}#part", "http://git.example.test#part")]
    [InlineData("//{0}/a", "http://git.example.test/a")]
    public async Task RedirectToThePrimaryItself_IsKnown_HoweverItIsWritten(string location, string told)
    {
        front.Primary.Answer(context => RedirectAsync(context, location.Replace("{0}", front.Primary.Authority, StringComparison.Ordinal)));

        using HttpResponseMessage answer = await front.GetAsync("/page", ("Host", "git.example.test"));

        Assert.Equal(told, answer.Headers.NonValidated["Location"].ToString());
    }

    private static Task RedirectAsync(HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        context.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    /// <summary>A push is answered with any text, a round with no pack, the rest as git does.</summary>
    private static Task AnswerAsync(GitScript script, HttpContext context, string way)
    {
        bool isPost = HttpMethods.IsPost(context.Request.Method);
        if (way == "round" && isPost && context.Request.ContentLength > 120)
        {
            context.Response.ContentType = "application/x-git-upload-pack-result";
            return context.Response.Body.WriteAsync(Lines.ToBytes("acknowledgments", "NAK", "0000")).AsTask();
        }

        return way is "page" or "push-refs" or "push" ? context.Response.WriteAsync("ok") : script.HandleAsync(context);
    }

    private Task<HttpResponseMessage> AskAsync(string way, string repository, params (string Name, string Value)[] headers) =>
        way switch
        {
            "page" => front.GetAsync("/page", headers),
            "info-refs" => front.GetAsync($"{repository}/info/refs?service=git-upload-pack", [("Git-Protocol", "version=2"), .. headers]),
            "push-refs" => front.GetAsync($"{repository}/info/refs?service=git-receive-pack", headers),
            "push" => PushAsync(repository, headers),
            "ls-refs" => PostAsync(repository, headers, "command=ls-refs", "0001", "peel", "symrefs"),
            "fetch" => PostAsync(repository, headers, "command=fetch", "0001", "ofs-delta", $"want {GitScript.Tip}", "done"),
            "round" => PostAsync(
                repository,
                headers,
                "command=fetch",
                "0001",
                "ofs-delta",
                $"want {GitScript.Tip}",
                $"have {GitScript.Hidden}"
            ),
            _ => PostAsync(repository, headers, "command=fetch", "0001", "of-tomorrow", $"want {GitScript.Tip}", "done"),
        };

    private Task<HttpResponseMessage> PostAsync(string repository, (string Name, string Value)[] headers, params string[] lines) =>
        front.PostAsync(repository, Lines.ToBytes([.. lines, "0000"]), gzip: false, headers);

    private Task<HttpResponseMessage> PushAsync(string repository, (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent("0000"u8.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-receive-pack-request");
        return front.SendAsync(HttpMethod.Post, $"{repository}/git-receive-pack", content, headers);
    }
}
