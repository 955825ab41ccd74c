using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>A secret that a force-push took back is here as little as at the primary, once the tickets that showed it are over.</summary>
public sealed class VisibilityOfOrphansTests : IAsyncLifetime
{
    private readonly Station _station = new();

    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--Access:TicketLifetime", "00:00:00.200"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Secret_IsUnobtainable_OnceThePrimaryRefusesIt()
    {
        GitClient client = new(_station.Folder);
        VeiledRepository veiled = await VeiledRepository.OpenAsync(_station, "strict", seed: 302);
        string before = veiled.Main;
        await veiled.AddSecretAsync(on: "main");
        await veiled.Repository.GitAsync("update-ref", "refs/heads/main", "refs/heads/secret");
        await veiled.Repository.GitAsync("update-ref", "-d", "refs/heads/secret");
        await veiled.WarmAsync(client);

        // Everybody has got everything, in every way, and twice: the answers are kept.
        List<FetchWish> wishes =
        [
            .. veiled.Hidden.Values.SelectMany(static id =>
                (FetchWish[])
                    [
                        new() { Version = 0, Wants = [id] },
                        new()
                        {
                            Version = 0,
                            Wants = [id],
                            Depth = 1,
                        },
                        new()
                        {
                            Version = 1,
                            Wants = [id],
                            Filter = "blob:none",
                        },
                    ]
            ),
        ];
        foreach (FetchWish wish in wishes)
        {
            foreach (string user in (string[])["alice", "bob", "alice", "bob"])
            {
                FetchGift gift = await veiled.AskAsync(user, wish);
                Assert.True(gift is { HasPack: true, IsServedHere: true }, gift.CacheStatus);
            }
        }

        await veiled.Repository.GitAsync("update-ref", "refs/heads/main", before);
        await Eventually.TrueAsync(
            "the tickets are over",
            async () => !(await veiled.AskAsync("alice", wishes[0])).HasPack && !(await veiled.AskAsync("bob", wishes[0])).HasPack
        );
        await NobodyGetsAnythingAsync("the mirror knows nothing of it yet");

        FetchGift news = await veiled.AskAsync("bob", new FetchWish { Version = 0, Wants = [before] });
        Assert.True(news.HasPack);
        await Eventually.TrueAsync(
            "the mirror's ref has moved",
            () => _station.Node.Log.Contains("refs of the mirror changed: ", StringComparison.Ordinal)
        );
        await NobodyGetsAnythingAsync("the mirror has the orphans among its objects");

        await _station.Node.StopAsync();
        await _station.Node.StartAgainAsync();
        await Eventually.TrueAsync(
            "orphans are sorted out",
            () => _station.Node.Log.Contains("sorted out orphans", StringComparison.Ordinal)
        );
        await NobodyGetsAnythingAsync("the orphans are apart");

        // The other objects are given, and are whole.
        await client.RunAsync("clone", "--quiet", "--mirror", _station.Node.UrlOf(veiled.Repository, "bob").AbsoluteUri, "after");
        await client.RunAsync("clone", "--quiet", "--mirror", _station.Primary.UrlOf(veiled.Repository, "bob").AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("after")));

        async Task NobodyGetsAnythingAsync(string when)
        {
            foreach (FetchWish wish in wishes)
            {
                foreach (string user in (string[])["alice", "bob"])
                {
                    FetchGift gift = await veiled.MustBeThePrimarysAsync(user, wish);
                    Assert.False(gift.HasPack, when);
                }
            }
        }
    }
}
