using Waystation.EndToEnd.Tests.Mirrors.Histories;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A client with cut history names its boundary, and must get the commits below it if it wants them.</summary>
public sealed class BoundaryTests(Station station) : IClassFixture<Station>, IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>
    /// The mirror has the boundary, and does not know yet that it is shown: the commits that lead to it are new. The client has these
    /// commits, and not the ones below.
    /// <code>
    ///   main~3 ─ … ─ boundary ─ had ─ tip        new: had, tip, side
    ///        `─ side
    /// </code>
    /// </summary>
    [Theory]
    [InlineData("veiled", 2, null)]
    [InlineData("veiled", 0, null)]
    [InlineData("strict", 0, null)]
    [InlineData("strict", 0, "tree:0")]
    public async Task Boundary_IsHeeded_WhereWhatLeadsToItIsNew(string kind, int version, string? filter)
    {
        VeiledRepository veiled = await VeiledRepository.OpenAsync(station, kind, seed: 305);
        await veiled.WarmAsync(new GitClient(_folder));
        string boundary = veiled.Main,
            below = await veiled.Repository.ResolveAsync("main~3");
        await veiled.Repository.GitAsync("update-ref", "refs/heads/side", below);
        string side = await veiled.Repository.CommitAsync("side"),
            had = await veiled.Repository.CommitAsync(),
            tip = await veiled.Repository.CommitAsync();
        GitClient all = new(_folder);
        await all.RunAsync("clone", "--quiet", "--mirror", station.Primary.UrlOf(veiled.Repository, "alice").AbsoluteUri, "all");

        FetchWish wish = new()
        {
            Version = version,
            Wants = [tip, side],
            Haves = [had],
            Shallows = [boundary],
            Filter = filter,
        };
        FetchGift direct = await veiled.AskDirectAsync("alice", wish),
            through = await veiled.AskAsync("alice", wish);
        IReadOnlySet<string> due = (await ReceivedPack.OpenAsync(all.In("all"), direct.Pack)).Sent,
            sent = (await ReceivedPack.OpenAsync(all.In("all"), through.Pack)).Sent;
        Assert.Contains(below, due);
        Assert.Empty(due.Except(sent));
    }

    public void Dispose() => _folder.Dispose();
}
