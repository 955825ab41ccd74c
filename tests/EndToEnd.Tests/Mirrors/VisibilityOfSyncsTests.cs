using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// Objects may come into a mirror without a ref that leads to them: then seeing all refs of the mirror is not seeing all of its objects.
/// </summary>
public sealed class VisibilityOfSyncsTests(Station station) : IClassFixture<Station>, IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Listings without the targets of tags set no refs, and yet let their asker fetch the shown objects.</summary>
    [Fact]
    public async Task Sync_BringsNothingIntoView_WhenItsAskerListedWithoutPeeling()
    {
        VeiledRepository veiled = await OpenAsync();
        await veiled.WarmAsync(new GitClient(_folder));
        await veiled.AddSecretAsync("main");
        await FetchAsAliceAsync(veiled, "symrefs");
        await BobIsLeftToThePrimaryAsync(veiled);
    }

    [Fact]
    public async Task FirstMirror_BringsNothingIntoView_WhenItsAskerListedWithoutPeeling()
    {
        VeiledRepository veiled = await OpenAsync();
        await veiled.AddSecretAsync("main");
        double mirrors = (await station.Node.MetricsAsync()).Sum("waystation_mirrors");
        await FetchAsAliceAsync(veiled, "symrefs");
        await Eventually.TrueAsync(
            "a mirror is there",
            async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") > mirrors
        );
        await BobIsLeftToThePrimaryAsync(veiled);
    }

    /// <summary>The commit that a tag points to is shown with the tag, and may be fetched without it.</summary>
    [Fact]
    public async Task Sync_BringsNothingIntoView_WhenOnlyWhatATagPointsToIsFetched()
    {
        VeiledRepository veiled = await OpenAsync();
        await veiled.WarmAsync(new GitClient(_folder));
        await veiled.AddSecretAsync("main");
        await veiled.Repository.GitAsync(
            "-c",
            "user.name=Sana",
            "-c",
            "user.email=sana@example.com",
            "tag",
            "--annotate",
            "--message=secret",
            "secret/mark",
            "refs/heads/secret"
        );
        await veiled.Repository.GitAsync("update-ref", "-d", "refs/heads/secret");
        await FetchAsAliceAsync(veiled, "peel", "symrefs");
        await BobIsLeftToThePrimaryAsync(veiled);
    }

    public void Dispose() => _folder.Dispose();

    private Task<VeiledRepository> OpenAsync() => VeiledRepository.OpenAsync(station, "veiled", seed: 303);

    private static async Task FetchAsAliceAsync(VeiledRepository veiled, params string[] listing)
    {
        string shown = await FetchWish.ListAsync(veiled.Station.Node.Url, veiled.Repository, "alice", version: 2, listing);
        Assert.Contains(veiled.Hidden["tip"], shown, StringComparison.Ordinal);
        FetchGift gift = await veiled.AskAsync("alice", new FetchWish { Wants = [veiled.Hidden["tip"]] });
        Assert.True(gift.HasPack);
    }

    private static async Task BobIsLeftToThePrimaryAsync(VeiledRepository veiled)
    {
        foreach (string id in veiled.Hidden.Values)
        {
            await veiled.MustBeThePrimarysAsync("bob", new FetchWish { Wants = [id] });
        }

        // Nor is it built on.
        FetchGift round = await veiled.AskAsync(
            "bob",
            new FetchWish
            {
                Wants = [veiled.Main],
                Haves = [veiled.Hidden["tip"]],
                Done = false,
            }
        );
        Assert.Equal(["NAK"], round.Acknowledgments);
    }
}
