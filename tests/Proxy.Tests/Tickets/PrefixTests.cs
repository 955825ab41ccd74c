using System.Text;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>Questions for refs by many prefixes, of which each server heeds as many as it likes.</summary>
public sealed class PrefixTests(GitFront front) : IClassFixture<GitFront>
{
    private static readonly string[] s_heads = ["command=ls-refs", Lines.Delim, "peel", "symrefs", "ref-prefix refs/heads/", Lines.Flush];

    [Theory]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(1_001)]
    public async Task Branches_AreNotToldToBeGone_InAnOutage(int count)
    {
        // It heeds the first thousand prefixes, and shows the refs of those: none.
        (string repository, GitScript script) = front.Serve(static script =>
            script.Refs = static body => body.Split("ref-prefix").Length > 1_000 ? [Lines.Flush] : null
        );
        Assert.Contains("refs/heads/main", await AskAsync(repository, s_heads), StringComparison.Ordinal);
        IEnumerable<string> prefixes = Enumerable.Repeat("ref-prefix x", count - 1).Append("ref-prefix refs/");
        Assert.Equal("0000", await AskAsync(repository, ["command=ls-refs", Lines.Delim, "peel", "symrefs", .. prefixes, Lines.Flush]));

        script.Status = 503;
        string told = await AskAsync(repository, s_heads);
        Assert.Contains("refs/heads/main", told, StringComparison.Ordinal);
        script.Status = 200;
    }

    [Fact]
    public async Task QuestionByManyPrefixes_IsHandedOnAsItCame()
    {
        (string repository, GitScript script) = front.Serve();
        IEnumerable<string> prefixes = Enumerable.Range(0, 3_000).Select(static i => $"ref-prefix refs/heads/{i}");
        byte[] question = Lines.ToBytes(["command=ls-refs", Lines.Delim, .. prefixes, Lines.Flush]);
        using HttpResponseMessage answer = await front.PostAsync(repository, question);

        Assert.Equal("waystation; fwd=bypass; detail=too-large", GitFront.StatusOf(answer));
        Assert.Contains(GitScript.Tip, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, script.LsRefs);
    }

    private async Task<string> AskAsync(string repository, string[] lines)
    {
        using HttpResponseMessage answer = await front.PostAsync(repository, Lines.ToBytes(lines));
        return Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync());
    }
}
