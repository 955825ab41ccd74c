using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>
/// Crawlers over a thousand public repositories and a thousand odd packs of one of them, over both doors: the private repositories in use
/// beside them keep their packs and mirrors.
/// </summary>
public sealed class CrawlerTests : IAsyncLifetime
{
    private const int Repositories = 1_000;
    private const int Shapes = 1_000;
    private const int OverSsh = 8;
    private const int MaxMirrors = 20;
    private const int MaxPacks = 6 << 20;

    private readonly SshStation _station = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 8 });
    private readonly List<(PrimaryRepository Repository, string[] Asks)> _inUse = [];

    public Task InitializeAsync() =>
        _station.StartAsync([
            "--PackCache:MaxSize",
            $"{MaxPacks}",
            "--Strangers:MirrorsPerHour",
            $"{MaxMirrors}",
            "--Work:PerPrimary",
            "1",
        ]);

    public Task DisposeAsync()
    {
        _http.Dispose();
        return _station.DisposeAsync();
    }

    [Fact]
    public async Task Crawlers_LeaveHitRatioAndDiskOfOthersAlone()
    {
        await UsePrivateRepositoriesAsync();
        NodeMetrics before = await _station.Node.MetricsAsync();
        await AskAllAsync();
        Assert.Equal(HitsOf(before) + AsksInUse, HitsOf(await _station.Node.MetricsAsync()));
        int[] packsMade = [.. _inUse.Select(static one => one.Repository.PacksMade)];
        double ofKnown = KnownBytes(before);
        Assert.InRange(ofKnown, 1, MaxPacks / 2);

        await CrawlRepositoriesAsync();
        await CrawlShapesAsync();
        await CrawlOverSshAsync();

        NodeMetrics after = await _station.Node.MetricsAsync();
        Assert.Equal(ofKnown, KnownBytes(after));
        Assert.InRange(after.Sum("waystation_pack_cache_bytes"), ofKnown + 1, MaxPacks);
        Assert.InRange(after.Sum("waystation_pack_cache_evicted_bytes_total"), MaxPacks, double.PositiveInfinity);
        Assert.Equal(0, after.Sum("waystation_pack_cache_failures_total"));
        Assert.InRange(after.Sum("waystation_mirrors"), _inUse.Count + 1, _inUse.Count + MaxMirrors);
        Assert.InRange(after.Sum("waystation_mirrors_declined_total", "by=\"strangers\""), 1, double.PositiveInfinity);

        // All of the others' packs and mirrors are there, over both doors.
        await AskAllAsync();
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", _station.AddressOf(_inUse[0].Repository), "again");
        Assert.Equal(HitsOf(after) + AsksInUse + 1, HitsOf(await _station.Node.MetricsAsync()));
        Assert.Equal(packsMade, _inUse.Select(static one => one.Repository.PacksMade));
        foreach ((PrimaryRepository repository, string[] _) in _inUse)
        {
            // A pack that nobody asked for before: the mirror makes it.
            double local = (await _station.Node.MetricsAsync()).Fetches("local");
            await MustAskAsync(repository.Name, "alice", UploadPack.Fetch([await repository.ResolveAsync("main")], "deepen 7"));
            Assert.Equal(local + 1, (await _station.Node.MetricsAsync()).Fetches("local"));
        }
    }

    private int AsksInUse => _inUse.Sum(static one => one.Asks.Length);

    private static double HitsOf(NodeMetrics metrics) => metrics.Fetches("hit");

    private static double KnownBytes(NodeMetrics metrics) =>
        metrics.Sum("waystation_pack_cache_bytes") - metrics.Sum("waystation_strangers_pack_bytes");

    /// <summary>Three private repositories, each cloned, and with three packs that CI asks for again and again.</summary>
    private async Task UsePrivateRepositoriesAsync()
    {
        for (int i = 0; i < 3; i++)
        {
            PrimaryRepository repository = await _station.Web.CreateAsync($"private/{i}.git", new History(Seed: 400 + i));
            await new GitClient(_station.Folder).RunAsync(
                "clone",
                "--quiet",
                _station.Node.UrlOf(repository, "alice").AbsoluteUri,
                $"private-{i}"
            );
            string tip = await repository.ResolveAsync("main"),
                old = await repository.ResolveAsync("main~3");
            _inUse.Add(
                (repository, [UploadPack.Fetch([tip]), UploadPack.Fetch([tip], "deepen 1"), UploadPack.Fetch([tip], $"have {old}\n")])
            );
        }

        await Eventually.TrueAsync(
            "all have a mirror",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == _inUse.Count
        );
        await AskAllAsync();
        await AskAllAsync();

        // The clones of git, and what was asked for by hand.
        await Eventually.TrueAsync(
            "all packs are kept",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_pack_cache_entries") == _inUse.Count + AsksInUse
        );
    }

    private async Task AskAllAsync()
    {
        foreach ((PrimaryRepository repository, string[] asks) in _inUse)
        {
            foreach (string ask in asks)
            {
                await MustAskAsync(repository.Name, "alice", ask);
            }
        }
    }

    /// <summary>Many names of one repository, each a repository of its own to the node.</summary>
    private async Task CrawlRepositoriesAsync()
    {
        PrimaryRepository one = await _station.Web.CreateAsync(
            "public/one.git",
            new History(Seed: 409)
            {
                Commits = 1,
                Branches = 0,
                AnnotatedTags = 0,
                LightweightTags = 0,
                IncompressibleBytes = 30_000,
            }
        );
        for (int i = 0; i < Repositories + OverSsh; i++)
        {
            Directory.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(one.Folder)!, $"{i}.git"), one.Folder);
        }

        string tip = await one.ResolveAsync("main");

        // From here on the node knows that the primary shows something to everybody.
        await MustAskAsync(one.Name, user: null, UploadPack.Fetch([tip]));
        await CrawlAsync(Repositories, i => MustAskAsync($"public/{i}.git", CrawlerOf(i), UploadPack.Fetch([tip])));
    }

    /// <summary>Many packs of one repository that has a mirror.</summary>
    private async Task CrawlShapesAsync()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync("public/shapes.git", new History(Seed: 410));
        string tip = await repository.ResolveAsync("main");
        string[] old = (await repository.GitAsync("rev-list", "--first-parent", "--max-count=11", "main")).Output.Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        )[1..];
        await CrawlAsync(
            Shapes,
            i =>
                MustAskAsync(
                    repository.Name,
                    CrawlerOf(i),
                    i % 2 == 0
                        ? UploadPack.Fetch([tip], $"deepen {1 + i}")
                        : UploadPack.Fetch([tip], $"have {old[i % old.Length]}\n", $"deepen {1 + i}")
                )
        );
    }

    private async Task CrawlOverSshAsync()
    {
        using SshPerson mallory = await _station.PersonAsync(_station.Mallory);
        await CrawlAsync(
            OverSsh,
            i =>
                mallory.Git.RunAsync(
                    "clone",
                    "--quiet",
                    "--bare",
                    $"ssh://{SshdPrimary.User}@{_station.Node.Ssh}/public/{Repositories + i}.git",
                    $"crawled-{i}"
                )
        );
    }

    private static Task CrawlAsync(int count, Func<int, Task> ask) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await ask(i));

    /// <summary>Half of the crawl has no login, half a login that the primary has never seen before.</summary>
    private static string? CrawlerOf(int i) => i / 2 % 2 == 0 ? null : "fresh";

    private async Task MustAskAsync(string repository, string? user, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_station.Node.Url, $"/{repository}/git-upload-pack"))
        {
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(UploadPack.RequestType);
        request.Headers.Add("Git-Protocol", "version=2");
        if (user is not null)
        {
            string login = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", login);
        }

        using HttpResponseMessage answer = await _http.SendAsync(request);
        byte[] pack = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(pack.AsSpan().IndexOf("PACK"u8) >= 0, $"no pack of {repository}");
    }
}
