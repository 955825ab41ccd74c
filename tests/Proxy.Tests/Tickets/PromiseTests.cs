using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>
/// A primary that has changed since it was asked: the promises of a ticket end, and a client that relied on them gets on.
/// </summary>
public sealed class PromiseTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Hit = "waystation; hit; detail=ticket";
    private const string Result = "application/x-git-upload-pack-result";

    private static readonly byte[] s_lsRefs = Lines.ToBytes("command=ls-refs", Lines.Delim, "peel", "symrefs", Lines.Flush);

    [Theory]
    [InlineData(301, "")]
    [InlineData(302, "https://elsewhere")]
    [InlineData(307, "http://{0}")]
    [InlineData(308, "")]
    public async Task RenamedRepository_IsFollowed_ByWhoKnowsItsOldName(int status, string origin)
    {
        (string repository, GitScript old) = await ServeAskedAsync();
        var renamed = new GitScript();
        bool isElsewhere = origin.StartsWith("https", StringComparison.Ordinal);
        string to = string.Format(null, origin, front.Primary.Authority);
        old.Instead = context =>
        {
            string target = context.Request.Path + context.Request.QueryString;
            if (!target.StartsWith(repository, StringComparison.Ordinal))
            {
                return renamed.HandleAsync(context);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.Location = $"{to}/renamed{target}";
            return Task.CompletedTask;
        };

        using HttpResponseMessage refs = await front.PostAsync(repository, s_lsRefs);
        Assert.Equal(isElsewhere ? status : 200, (int)refs.StatusCode);
        Assert.Equal(isElsewhere ? 0 : 1, renamed.LsRefs);
        if (!isElsewhere)
        {
            // All that a client asks then, though no ticket is left.
            Assert.Contains(GitScript.Tip, await refs.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            foreach (string argument in (string[])["thin-pack", "sparse-something"])
            {
                (_, byte[]? pack) = await front.FetchToEndAsync(repository, GitScript.Tip, argument);
                Assert.True(pack.AsSpan().IndexOf("PACK"u8) > 0);
            }
        }

        string infoRefs = $"{repository}/info/refs?service=git-upload-pack";
        using HttpResponseMessage advertisement = await front.GetAsync(infoRefs, ("Git-Protocol", "version=2"));
        Assert.Equal(status, (int)advertisement.StatusCode);
    }

    [Fact]
    public async Task RepositoryThatMovesInACircle_IsToldSo()
    {
        (string repository, GitScript script) = await ServeAskedAsync();
        int asked = 0;
        script.Instead = context =>
        {
            asked++;
            context.Response.StatusCode = 301;
            context.Response.Headers.Location = context.Request.Path.Value;
            return Task.CompletedTask;
        };

        using HttpResponseMessage refs = await front.PostAsync(repository, s_lsRefs);
        Assert.Equal(301, (int)refs.StatusCode);
        Assert.InRange(asked, 2, 8);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0008no")]
    [InlineData("000eversion 2\n0000")]
    public async Task ListingThatCannotBeRead_EndsTheCapabilities(string body)
    {
        (string repository, GitScript script) = await ServeAskedAsync();
        script.Instead = context => SayAsync(context, body);
        using (HttpResponseMessage answer = await front.PostAsync(repository, s_lsRefs))
        {
            await ReadAsync(answer);
        }

        script.Instead = null;
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
    }

    [Fact]
    public async Task WantThatTheTicketShows_AndThePrimaryRefuses_EndsTheTicket()
    {
        (string repository, GitScript script) = await ServeAskedAsync();
        string error = $"ERR upload-pack: not our ref {GitScript.Tip}";
        script.Instead = context => SayAsync(context, System.Text.Encoding.Latin1.GetString(Lines.ToBytes(error)));
        using (HttpResponseMessage answer = await front.FetchAsync(repository, GitScript.Tip, "thin-pack"))
        {
            Assert.Contains(error, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        script.Instead = null;
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
    }

    [Fact]
    public async Task Capabilities_AreToldNoMore_WhenAnotherIsToldOthers()
    {
        (string repository, GitScript script) = await ServeAskedAsync();
        await front.InfoRefsAsync(repository, "", ("Authorization", "Basic Ym9iOmI="));
        Assert.Equal(Hit, await front.InfoRefsAsync(repository));

        script.Features = "shallow filter ref-in-want";
        await front.InfoRefsAsync(repository, "", ("Authorization", "Basic Y2Fyb2w6Yw=="));
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository));
        Assert.NotEqual(Hit, await front.InfoRefsAsync(repository, "", ("Authorization", "Basic Ym9iOmI=")));
        Assert.Equal(Hit, await front.InfoRefsAsync(repository, "", ("Authorization", "Basic Y2Fyb2w6Yw==")));
        Assert.Equal(Hit, await front.InfoRefsAsync(repository));
    }

    /// <summary>A client has asked for capabilities and refs, and is answered from its ticket from now on.</summary>
    private async Task<(string Repository, GitScript Script)> ServeAskedAsync()
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);
        using (HttpResponseMessage refs = await front.PostAsync(repository, s_lsRefs))
        {
            await refs.Content.ReadAsByteArrayAsync();
        }

        Assert.Equal(Hit, await front.InfoRefsAsync(repository));
        return (repository, script);
    }

    private static async Task SayAsync(HttpContext context, string body)
    {
        context.Response.ContentType = Result;
        await context.Response.Body.WriteAsync(System.Text.Encoding.Latin1.GetBytes(body));
    }

    private static async Task ReadAsync(HttpResponseMessage answer)
    {
        try
        {
            await answer.Content.ReadAsByteArrayAsync();
        }
        catch (HttpRequestException)
        {
            // It ends early in the same place as the primary's.
        }
    }
}
