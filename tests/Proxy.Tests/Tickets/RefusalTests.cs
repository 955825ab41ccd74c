using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>The many ways in which servers say no: everything that is not Git's success ends ticket and record.</summary>
public sealed class RefusalTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Hit = "waystation; hit; detail=ticket";
    private const string Result = "application/x-git-upload-pack-result";
    private const string Advertisement = "application/x-git-upload-pack-advertisement";
    private const string Denied = "ERR FATAL: R any team/tool alice DENIED by fallthru";

    private static readonly Dictionary<string, Func<HttpContext, Task>> s_refusals = new()
    {
        ["302"] = static context => SayAsync(context, 302, "text/html", "moved", "https://login.example.com/"),
        ["303"] = static context => SayAsync(context, 303, "text/html", "see", "https://login.example.com/"),
        ["203"] = static context => SayAsync(context, 203, "text/html", "<html>Sign in</html>"),
        ["204"] = static context => SayAsync(context, 204, null, ""),
        ["no type"] = static context => SayAsync(context, 200, null, "0004what"),
        ["400"] = static context => SayAsync(context, 400, "text/plain", "no"),
        ["401"] = static context => SayAsync(context, 401, "text/plain", "who"),
        ["402"] = static context => SayAsync(context, 402, "text/plain", "pay"),
        ["410"] = static context => SayAsync(context, 410, "text/plain", "gone"),
        ["451"] = static context => SayAsync(context, 451, "text/plain", "law"),
        ["html"] = static context => SayAsync(context, 200, "text/html", "<html>Sign in</html>"),
        ["err"] = static context => SayAsync(context, 200, Result, Text(Denied)),
        ["service-err"] = static context => SayAsync(context, 200, Advertisement, Text("# service=git-upload-pack", Lines.Flush, Denied)),
    };

    private static readonly Dictionary<string, Func<GitFront, string, Task<HttpResponseMessage>>> s_questions = new()
    {
        ["v0 info/refs"] = static (front, repository) => front.GetAsync($"{repository}/info/refs?service=git-upload-pack"),
        ["ls-refs"] = static (front, repository) =>
            front.PostAsync(repository, Lines.ToBytes("command=ls-refs", Lines.Delim, "peel", Lines.Flush)),
        ["many prefixes"] = static (front, repository) =>
            front.PostAsync(
                repository,
                Lines.ToBytes(["command=ls-refs", Lines.Delim, .. Enumerable.Repeat("ref-prefix x", 300), Lines.Flush])
            ),
        ["fetch of another"] = static (front, repository) => front.FetchAsync(repository, GitScript.Hidden),
        ["fetch of what is shown"] = static (front, repository) => front.FetchAsync(repository, GitScript.Tip, "no-progress", "thin-pack"),
        ["unknown fetch"] = static (front, repository) => front.FetchAsync(repository, GitScript.Tip, "sparse-something"),
    };

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (string refusal in s_refusals.Keys)
        {
            foreach (string question in s_questions.Keys)
            {
                cases.Add(refusal, question);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Refusal_EndsTicketAndRecord(string refusal, string question)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = s_refusals[refusal];
        using (HttpResponseMessage answer = await s_questions[question](front, repository))
        {
            string text = await answer.Content.ReadAsStringAsync();
            if (refusal is "html" or "203" && question != "v0 info/refs")
            {
                Assert.Equal(200, (int)answer.StatusCode);
                Assert.Contains("ERR waystation: the primary answered", text, StringComparison.Ordinal);
            }

            if (refusal == "no type")
            {
                // git reports the fault itself.
                Assert.Equal("0004what", text);
            }

            if (refusal.EndsWith("err", StringComparison.Ordinal))
            {
                // To a POST the line stands alone: it is no place for an advertisement.
                bool isAsItCame = question == "v0 info/refs" && refusal == "service-err";
                Assert.Equal(isAsItCame ? Text("# service=git-upload-pack", Lines.Flush, Denied) : Text(Denied), text);
            }
        }

        // A client that was refused does not get the kept pack, as long as the primary cannot be asked again.
        script.Instead = static context => SayAsync(context, 503, "text/plain", "out");
        // Both at once, because the node asks the primary several times before it gives up.
        Task<HttpResponseMessage> listing = front.PostAsync(repository, Lines.ToBytes("command=ls-refs", Lines.Delim, Lines.Flush));
        (string status, byte[]? pack) = await front.FetchToEndAsync(repository);
        Assert.True(pack.AsSpan().IndexOf("PACK"u8) < 0, status);
        using HttpResponseMessage refs = await listing;
        Assert.NotEqual(200, (int)refs.StatusCode);
    }

    [Theory]
    [InlineData("302")]
    [InlineData("203")]
    [InlineData("410")]
    [InlineData("html")]
    [InlineData("service-err")]
    public async Task Refusal_EndsTheCapabilities(string refusal)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        Assert.Equal(Hit, await front.InfoRefsAsync(repository));
        script.Instead = s_refusals[refusal];
        using (await s_questions["ls-refs"](front, repository)) { }

        script.Instead = null;
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
    }

    [Theory]
    [InlineData("ERR upload-pack: not our ref " + GitScript.Hidden)]
    [InlineData("ERR the server is busy, try again later")]
    public async Task ErrorThatIsNotOfTheUser_EndsNothing(string error)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = context => SayAsync(context, 200, Result, Text(error));
        using (HttpResponseMessage answer = await front.FetchAsync(repository, GitScript.Hidden))
        {
            Assert.Equal(Text(error), await answer.Content.ReadAsStringAsync());
        }

        script.Instead = null;
        Assert.Equal(Hit, await front.InfoRefsAsync(repository));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(408)]
    [InlineData(503)]
    public async Task Failure_IsNoRefusal(int status)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = context => SayAsync(context, status, "text/plain", "later");
        using (await s_questions["unknown fetch"](front, repository)) { }

        script.Instead = null;
        Assert.Equal(Hit, await front.InfoRefsAsync(repository));
    }

    /// <summary>A credential of its own has asked for all there is, and its pack is kept.</summary>
    private async Task<(string Repository, GitScript Script)> ServeAcceptedAsync()
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);
        byte[] lsRefs = Lines.ToBytes("command=ls-refs", Lines.Delim, "peel", "symrefs", Lines.Flush);
        using (HttpResponseMessage refs = await front.PostAsync(repository, lsRefs))
        {
            await refs.Content.ReadAsByteArrayAsync();
        }

        (_, byte[]? pack) = await front.FetchToEndAsync(repository);
        Assert.True(pack.AsSpan().IndexOf("PACK"u8) > 0);
        return (repository, script);
    }

    private static async Task SayAsync(HttpContext context, int status, string? type, string text, string? location = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        if (location is not null)
        {
            context.Response.Headers.Location = location;
        }

        if (text.Length > 0)
        {
            await context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes(text));
        }
    }

    private static string Text(params string[] lines) => Encoding.Latin1.GetString(Lines.ToBytes(lines));
}
