using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>The primary makes one pack for a change, whatever is asked of it here.</summary>
public sealed class OnePackTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const string Local = "waystation; hit; detail=local";

    private static readonly History s_widgets = new(Seed: 31) { Commits = 120 };

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Primary_MakesOnePackInAll_WhateverIsFetchedAfterAColdClone()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        string direct = station.Primary.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "full");
        Assert.Equal(1, repository.PacksMade);

        string[][] kinds =
        [
            ["--depth", "1"],
            ["--filter=blob:none"],
            ["--single-branch", "--branch", "topic/2"],
            ["--depth", "7", "--no-single-branch"],
            ["--shallow-since=2024-01-04T00:00:00Z"],
            ["--filter=tree:0", "--bare"],
            ["--filter=blob:limit=100", "--bare"],
            ["--mirror"],
        ];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            (_, IReadOnlyList<string> served) = await client.TraceAsync(["clone", "--quiet", .. kinds[kind], url, $"here{kind}"]);
            Assert.Contains(served, static status => status is Local or "waystation; hit");
        }

        Assert.Equal(1, repository.PacksMade);

        // An unshallow, a fetch from fifty commits behind, a blob that a partial clone lacks.
        await client.In("here0").RunAsync("fetch", "--quiet", "--unshallow");
        await client.RunAsync("init", "--quiet", "behind");
        await client.In("behind").RunAsync("fetch", "--quiet", url, await repository.ResolveAsync("main~50"));
        await client.In("behind").RunAsync("fetch", "--quiet", url, "refs/heads/*:refs/remotes/origin/*");
        string blob = await repository.ResolveAsync("main~30:src/part0/file0.txt");
        await client.In("here1").RunAsync("cat-file", "-e", blob);
        Assert.Equal(1, repository.PacksMade);

        // And all of it equals the primary's own response.
        for (int kind = 1; kind < kinds.Length; kind++)
        {
            await client.RunAsync(["clone", "--quiet", .. kinds[kind], direct, $"direct{kind}"]);
            if (kind == 1)
            {
                await client.In("direct1").RunAsync("cat-file", "-e", blob);
            }

            Assert.Equal(await CloneState.OfAsync(client.In($"direct{kind}")), await CloneState.OfAsync(client.In($"here{kind}")));
        }
    }

    [Fact]
    public async Task Primary_MakesAtMostOnePackMore_When24CloneRightAfterACommit()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "first");
        string tip = await repository.CommitAsync();
        string[] names = [.. Enumerable.Range(1, 24).Select(number => $"clone{number}")];
        await Task.WhenAll(
            names.Select(
                (name, number) =>
                    client.RunAsync([
                        "clone",
                        "--quiet",
                        "--bare",
                        .. (number % 3) switch
                        {
                            0 => Array.Empty<string>(),
                            1 => ["--depth=1"],
                            _ => ["--single-branch"],
                        },
                        url,
                        name,
                    ])
            )
        );
        foreach (string name in names)
        {
            Assert.Equal(tip, await client.In(name).ReadAsync("rev-parse", "refs/heads/main"));
        }

        Assert.InRange(repository.PacksMade, 1, 2);
    }

    [Fact]
    public async Task Fetch_IsMadeHere_WhenOthersBroughtTheNews()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "one");
        await client.RunAsync("clone", "--quiet", url, "two");
        string tip = await repository.CommitAsync();
        (_, IReadOnlyList<string> one) = await client.In("one").TraceAsync("fetch", "--quiet");
        Assert.Contains(Local, one);
        Assert.Equal(2, repository.PacksMade);
        await client.In("two").RunAsync("fetch", "--quiet");
        Assert.Equal(2, repository.PacksMade);
        Assert.Equal(tip, await client.In("two").ReadAsync("rev-parse", "refs/remotes/origin/main"));
        Assert.Equal(await CloneState.OfAsync(client.In("one")), await CloneState.OfAsync(client.In("two")));
    }

    /// <summary>A have whose ref has moved on is reachable only through commits that the mirror does not have yet.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task FirstFetchAfterACommit_BringsOnlyWhatIsNew(int version)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "full");
        GitClient clone = client.In("full").With("fetch.unpackLimit=1");
        string packs = Path.Combine(clone.Folder, ".git/objects/pack");
        HashSet<string> before = [.. Directory.GetFiles(packs, "*.pack")];
        await repository.CommitAsync();
        await clone.RunAsync("fetch", "--quiet");
        string news = Assert.Single(Directory.GetFiles(packs, "*.idx"), index => !before.Contains(Path.ChangeExtension(index, ".pack")));
        string[] objects = (await clone.ReadAsync("rev-list", "--objects", "--no-object-names", "origin/main", "^HEAD")).Split('\n');
        string report = await clone.ReadAsync("verify-pack", "--verbose", news);
        int held = report.Split('\n').Count(line => line.Length > 40 && line[40] == ' ');
        Assert.InRange(held, objects.Length, objects.Length + 4);
    }

    [Fact]
    public async Task FetchById_IsMadeHere_WhenItsBranchHasMovedOn()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "full");
        string wanted = await repository.CommitAsync();
        await repository.CommitAsync();
        await client.RunAsync("init", "--quiet", "job");
        (_, IReadOnlyList<string> served) = await client.In("job").TraceAsync("fetch", "--quiet", "--depth=1", url, wanted);
        Assert.Contains(Local, served);
        Assert.Equal(wanted, await client.In("job").ReadAsync("rev-parse", "FETCH_HEAD"));
        Assert.Equal(2, repository.PacksMade);
    }

    [Fact]
    public async Task SecondShallowMiss_BeginsAMirror_WhereNobodyClonesInFull()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        double mirrors = (await station.Node.MetricsAsync()).Sum("waystation_mirrors");
        await client.RunAsync("clone", "--quiet", "--depth=1", url, "one");
        await client.RunAsync("clone", "--quiet", "--depth=2", url, "two");
        await Eventually.TrueAsync(
            "a mirror is there",
            async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") > mirrors
        );
        int made = repository.PacksMade;
        Assert.Equal(3, made);
        (_, IReadOnlyList<string> three) = await client.TraceAsync("clone", "--quiet", "--depth=3", url, "three");
        Assert.Contains(Local, three);
        Assert.Equal(made, repository.PacksMade);
    }

    public void Dispose() => _folder.Dispose();

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
