using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// An advertised object stays obtainable for the client that the advertisement was shown to, also after the ref has moved and upkeep has
/// sorted the object out.
/// </summary>
public sealed class AdvertisedOrphansTests : IAsyncLifetime
{
    private readonly Station _station = new();

    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Access:TicketLifetime", "00:02:00"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task ShownTip_IsStillGiven_AndNothingElseOfTheOrphans()
    {
        VeiledRepository veiled = await VeiledRepository.OpenAsync(_station, "veiled", seed: 307);
        GitClient client = new(_station.Folder);
        await veiled.AddSecretAsync("main~5");
        string shown = await veiled.Repository.CommitAsync();
        await veiled.WarmAsync(client);
        foreach (int version in (int[])[2, 0])
        {
            Assert.Contains(
                shown,
                await FetchWish.ListAsync(_station.Node.Url, veiled.Repository, "bob", version, "peel", "symrefs"),
                StringComparison.Ordinal
            );
        }

        // Both are taken back; alice fetches the news, and upkeep sorts out the old commits when the mirror has rested from the last one.
        await veiled.Repository.GitAsync("update-ref", "refs/heads/main", "refs/heads/main~2");
        await veiled.Repository.GitAsync("update-ref", "refs/heads/secret", "refs/heads/secret~2");
        string news = await veiled.Repository.CommitAsync();
        await FetchWish.ListAsync(_station.Node.Url, veiled.Repository, "alice", version: 2, "peel", "symrefs");
        Assert.True((await veiled.AskAsync("alice", new FetchWish { Wants = [news] })).HasPack);
        await Eventually.TrueAsync(
            "orphans are sorted out",
            () => _station.Node.Log.Contains("sorted out orphans", StringComparison.Ordinal),
            TimeSpan.FromSeconds(80)
        );

        int made = veiled.Repository.PacksMade;
        foreach (int version in (int[])[0, 1, 2])
        {
            await AssertGivenAsync(veiled, shown, version);
        }

        Assert.Equal(made, veiled.Repository.PacksMade);
        foreach (string hidden in veiled.Hidden.Values)
        {
            await veiled.MustBeThePrimarysAsync("bob", new FetchWish { Wants = [hidden] });
        }
    }

    private async Task AssertGivenAsync(VeiledRepository veiled, string shown, int version)
    {
        string seen = await veiled.Repository.ResolveAsync("main~8"),
            hidden = veiled.Hidden["tip"],
            nothing = new('6', shown.Length);
        foreach (bool done in (bool[])[false, true])
        {
            foreach (
                string[] haves in (string[][])
                    [
                        [seen],
                        [hidden],
                        [hidden, seen],
                    ]
            )
            {
                FetchWish wish = new()
                {
                    Version = version,
                    Wants = [shown],
                    Haves = haves,
                    Done = done,
                    IncludeTag = haves.Length == 2,
                };
                FetchGift gift = await veiled.AskAsync("bob", wish);
                FetchGift other = await veiled.AskAsync(
                    "bob",
                    wish with
                    {
                        Haves = [.. haves.Select(have => have == hidden ? nothing : have)],
                    }
                );
                Assert.True(gift.IsServedHere, gift.CacheStatus);
                Assert.Equal(
                    other.Acknowledgments.Select(line => line.Replace(nothing, hidden, StringComparison.Ordinal)),
                    gift.Acknowledgments
                );
                Assert.Equal(other.HasPack, gift.HasPack);
                if (gift.HasPack)
                {
                    await (await Holdings.OfAsync(new GitClient(_station.Folder), veiled.Repository, "main~8")).TakeAsync(gift);
                }
            }
        }
    }
}
