using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>The many ways in which servers say no, and what a client may ask when they do.</summary>
public abstract class RefusalCases(GitFront front)
{
    protected const string Hit = "waystation; hit; detail=ticket";
    protected const string Result = "application/x-git-upload-pack-result";
    private const string Advertisement = "application/x-git-upload-pack-advertisement";
    private const string Denied = "ERR FATAL: R any team/tool alice DENIED by fallthru";

    protected static IReadOnlyDictionary<string, Func<HttpContext, Task>> Refusals { get; } =
        new Dictionary<string, Func<HttpContext, Task>>
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
            ["service-err"] = static context =>
                SayAsync(context, 200, Advertisement, Text("# service=git-upload-pack", Lines.Flush, Denied)),
        };

    protected static IReadOnlyDictionary<string, Func<GitFront, string, Task<HttpResponseMessage>>> Questions { get; } =
        new Dictionary<string, Func<GitFront, string, Task<HttpResponseMessage>>>
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
            ["fetch of what is shown"] = static (front, repository) =>
                front.FetchAsync(repository, GitScript.Tip, "no-progress", "thin-pack"),
            ["unknown fetch"] = static (front, repository) => front.FetchAsync(repository, GitScript.Tip, "sparse-something"),
        };

    protected GitFront Front => front;

    /// <summary>Every refusal with each of these questions.</summary>
    protected static TheoryData<string, string> CasesOf(params IReadOnlyList<string> questions)
    {
        var cases = new TheoryData<string, string>();
        foreach (string refusal in Refusals.Keys)
        {
            foreach (string question in questions)
            {
                cases.Add(refusal, question);
            }
        }

        return cases;
    }

    protected async Task AssertEndsTicketAndRecordAsync(string refusal, string question)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = Refusals[refusal];
        using (HttpResponseMessage answer = await Questions[question](Front, repository))
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
        Task<HttpResponseMessage> listing = Front.PostAsync(repository, Lines.ToBytes("command=ls-refs", Lines.Delim, Lines.Flush));
        (string status, byte[]? pack) = await Front.FetchToEndAsync(repository);
        Assert.True(pack.AsSpan().IndexOf("PACK"u8) < 0, status);
        using HttpResponseMessage refs = await listing;
        Assert.NotEqual(200, (int)refs.StatusCode);
    }

    /// <summary>A credential of its own has asked for all there is, and its pack is kept.</summary>
    protected async Task<(string Repository, GitScript Script)> ServeAcceptedAsync()
    {
        (string repository, GitScript script) = Front.Serve();
        await Front.InfoRefsAsync(repository);
        byte[] lsRefs = Lines.ToBytes("command=ls-refs", Lines.Delim, "peel", "symrefs", Lines.Flush);
        using (HttpResponseMessage refs = await Front.PostAsync(repository, lsRefs))
        {
            await refs.Content.ReadAsByteArrayAsync();
        }

        (_, byte[]? pack) = await Front.FetchToEndAsync(repository);
        Assert.True(pack.AsSpan().IndexOf("PACK"u8) > 0);
        return (repository, script);
    }

    protected static async Task SayAsync(HttpContext context, int status, string? type, string text, string? location = null)
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

    protected static string Text(params string[] lines) => Encoding.Latin1.GetString(Lines.ToBytes(lines));
}
