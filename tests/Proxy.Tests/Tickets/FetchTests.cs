using System.Text;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>Which fetches the node serves, and the fate of responses that are not whole.</summary>
public sealed class FetchTests(GitFront front) : IClassFixture<GitFront>
{
    private static readonly byte[] s_trailer = GitScript.PackBytes[^20..];

    [Fact]
    public async Task GzipBody_IsTheSameRequest_AsAPlainOne()
    {
        (string repository, GitScript script) = front.Serve();
        byte[] body = Lines.ToBytes("command=fetch", "0001", "ofs-delta", $"want {GitScript.Tip}", "done", "0000");
        using (HttpResponseMessage plain = await front.PostAsync(repository, body))
        {
            await plain.Content.ReadAsByteArrayAsync();
        }

        using HttpResponseMessage coded = await front.PostAsync(repository, body, gzip: true);

        Assert.Equal(("waystation; hit", 1), (GitFront.StatusOf(coded), script.Fetches));
    }

    [Fact]
    public async Task HitAndMiss_CarryThePackWhole()
    {
        (string repository, _) = front.Serve();
        (string miss, byte[]? first) = await front.FetchToEndAsync(repository);
        (string hit, byte[]? second) = await front.FetchToEndAsync(repository);

        Assert.Equal(("waystation; fwd=miss; stored", "waystation; hit"), (miss, hit));
        Assert.True(
            first.AsSpan().IndexOf(GitScript.PackBytes.AsSpan()[..^20]) > 0
                && second.AsSpan().IndexOf(GitScript.PackBytes.AsSpan()[..^20]) > 0
        );
        Assert.True(first.AsSpan().IndexOf(s_trailer) > 0 && second.AsSpan().IndexOf(s_trailer) > 0);
    }

    [Theory]
    [InlineData("unknown", "sparse-something")]
    [InlineData("not-cacheable", "want-ref refs/heads/main")]
    [InlineData("not-cacheable", "deepen-not refs/heads/old")]
    [InlineData("not-cacheable", "packfile-uris https")]
    [InlineData("unknown", "filter tricks:1")]
    public async Task RequestThatIsNotOurs_GoesOn_AsItCame(string detail, string argument)
    {
        (string repository, GitScript script) = front.Serve();

        await front.FetchToEndAsync(repository, GitScript.Tip, argument);
        (string status, _) = await front.FetchToEndAsync(repository, GitScript.Tip, argument);

        Assert.Equal(($"waystation; fwd=bypass; detail={detail}", 2, 0), (status, script.Fetches, script.LsRefs));
    }

    [Fact]
    public async Task UnknownCapability_GoesOn_AsItCame()
    {
        (string repository, GitScript script) = front.Serve();

        using HttpResponseMessage answer = await front.PostAsync(
            repository,
            Lines.ToBytes("command=fetch", "shiny-capability", "0001", $"want {GitScript.Tip}", "done", "0000")
        );

        Assert.Equal(("waystation; fwd=bypass; detail=unknown", 1), (GitFront.StatusOf(answer), script.Fetches));
    }

    [Fact]
    public async Task WantThatWasNotShown_IsForThePrimaryToDecide()
    {
        (string repository, GitScript script) = front.Serve();

        (string first, _) = await front.FetchToEndAsync(repository, GitScript.Hidden);
        (string second, _) = await front.FetchToEndAsync(repository, GitScript.Hidden);

        Assert.Equal(
            ("waystation; fwd=bypass; detail=not-visible", "waystation; fwd=bypass; detail=not-visible", 2),
            (first, second, script.Fetches)
        );
    }

    [Fact]
    public async Task CodedAnswer_IsPassedOn_AndNotKept()
    {
        (string repository, GitScript script) = front.Serve();
        await front.FetchToEndAsync(repository, GitScript.Tip, "include-tag"); // a ticket
        script.Coding = "gzip";

        using HttpResponseMessage answer = await front.FetchAsync(repository);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        Assert.Equal([.. Lines.ToBytes("packfile"), .. GitScript.Band(1, GitScript.PackBytes), .. "0000"u8], body);
        script.Coding = null;
        Assert.Equal("waystation; fwd=miss; stored", (await front.FetchToEndAsync(repository)).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(531)]
    [InlineData(532)]
    public async Task PackThatEndsEarly_IsBroken_AndNotKept(int bytes)
    {
        (string repository, GitScript script) = front.Serve(script =>
            script.Pack = async context => await context.Response.Body.WriteAsync(GitScript.Band(1, GitScript.PackBytes.AsSpan(0, bytes)))
        );

        (_, byte[]? body) = await front.FetchToEndAsync(repository);

        Assert.Null(body);
        script.Pack = GitScript.WholePackAsync;
        (string status, byte[]? whole) = await front.FetchToEndAsync(repository);
        Assert.Equal(("waystation; fwd=miss; stored", 2), (status, script.Fetches));
        Assert.NotNull(whole);
    }

    [Fact]
    public async Task WrongTrailer_IsNeverSent()
    {
        byte[] wrong = [.. GitScript.PackBytes[..^20], .. "WRONG-TRAILER-BYTES!"u8];
        (string repository, GitScript script) = front.Serve(script =>
            script.Pack = async context => await context.Response.Body.WriteAsync((byte[])[.. GitScript.Band(1, wrong), .. "0000"u8])
        );
        using var received = new MemoryStream();

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using HttpResponseMessage answer = await front.FetchAsync(repository);
            await (await answer.Content.ReadAsStreamAsync()).CopyToAsync(received);
        });

        Assert.DoesNotContain("WRONG", Encoding.Latin1.GetString(received.ToArray()), StringComparison.Ordinal);
        script.Pack = GitScript.WholePackAsync;
        Assert.Equal("waystation; fwd=miss; stored", (await front.FetchToEndAsync(repository)).Status);
    }

    [Fact]
    public async Task ErrorWithinTheAnswer_IsPassedOn_WithoutAnEnd()
    {
        (string repository, GitScript script) = front.Serve(script =>
            script.Pack = async context => await context.Response.Body.WriteAsync(GitScript.Band(3, "out of memory\n"u8))
        );

        (_, byte[]? body) = await front.FetchToEndAsync(repository);

        Assert.EndsWith("\u0003out of memory\n", Encoding.Latin1.GetString(body!), StringComparison.Ordinal);
        script.Pack = GitScript.WholePackAsync;
        Assert.Equal("waystation; fwd=miss; stored", (await front.FetchToEndAsync(repository)).Status);
    }
}

public sealed class ChoosyFront()
    : GitFront("--Primaries:0:Projects:Exclude", "secret/*;*/never", "--Primaries:0:Visibility", "repository");

/// <summary>The operator's choice.</summary>
public sealed class ChoiceTests(ChoosyFront front) : IClassFixture<ChoosyFront>
{
    [Theory]
    [InlineData("/secret/tool.git")]
    [InlineData("/team/never")]
    [InlineData("/team/never.git")]
    public async Task ProjectThatIsExcluded_IsForwarded(string repository)
    {
        (_, GitScript script) = front.Serve();

        await front.FetchToEndAsync(repository);
        (string status, _) = await front.FetchToEndAsync(repository);

        Assert.Equal(("waystation; fwd=bypass; detail=not-selected", 2), (status, script.Fetches));
        Assert.All(await front.RecordedAsync(repository, 2), static fetch => Assert.Equal(("bypass not-selected", "whole"), fetch));
    }

    /// <summary>The node reads no request for such a repository; the first bytes that pass show the fetch.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_OfAnExcludedProject_IsRecorded_AndAQuestionForRefsIsNot(bool gzip)
    {
        const string Repository = "/secret/recorded.git";
        (_, GitScript script) = front.Serve();
        int before = (await front.RecordedAsync(Repository, 0)).Length;
        byte[] question = Lines.ToBytes(["command=ls-refs", "0001", "peel", "0000"]);
        using (HttpResponseMessage refs = await front.PostAsync(Repository, question, gzip))
        {
            await refs.Content.ReadAsByteArrayAsync();
        }

        byte[] fetch = Lines.ToBytes(["command=fetch", "0001", $"want {GitScript.Tip}", "done", "0000"]);
        using (HttpResponseMessage pack = await front.PostAsync(Repository, fetch, gzip))
        {
            await pack.Content.ReadAsByteArrayAsync();
        }

        Assert.Equal(2, script.LsRefs + script.Fetches);
        Assert.Equal(before + 1, (await front.RecordedAsync(Repository, before + 1)).Length);
    }

    [Fact]
    public async Task WantThatWasNotShown_IsServed_WhereWhoeverMayReadMayHaveAll()
    {
        (string repository, GitScript script) = front.Serve();
        await front.InfoRefsAsync(repository);
        // A client without a login is a stranger, whose clone of what is no tip is kept when it is asked for again.
        await front.FetchToEndAsync(repository, GitScript.Hidden);
        await front.FetchToEndAsync(repository, GitScript.Hidden);

        (string status, _) = await front.FetchToEndAsync(repository, GitScript.Hidden);

        Assert.Equal(("waystation; hit", 1, 2, 0), (status, script.InfoRefs, script.Fetches, script.LsRefs));
    }
}
