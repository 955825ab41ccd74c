using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

public sealed class HitTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const string Miss = "waystation; fwd=miss; stored",
        Hit = "waystation; hit";

    private static readonly History s_widgets = new(Seed: 21);

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("")]
    [InlineData("--depth 1")]
    [InlineData("--mirror")]
    [InlineData("--single-branch --branch topic/1")]
    [InlineData("--filter=blob:none --no-checkout")]
    public async Task Clone_IsAHit_WhenTheSameWasClonedBefore(string options)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string[] clone =
        [
            "clone",
            "--quiet",
            .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            station.Node.UrlOf(repository).AbsoluteUri,
        ];
        double hits = (await station.Node.MetricsAsync()).Fetches("hit");

        (_, IReadOnlyList<string> first) = await client.TraceAsync([.. clone, "first"]);
        Assert.Contains(Miss, first);
        Assert.Equal(1, repository.PacksMade);

        (_, IReadOnlyList<string> second) = await client.TraceAsync([.. clone, "second"]);
        Assert.Contains(Hit, second);
        Assert.Equal(1, repository.PacksMade);
        Assert.True((await station.Node.MetricsAsync()).Fetches("hit") > hits, "waystation_fetches_total{outcome=\"hit\"} did not grow");
        Assert.Equal(await CloneState.OfAsync(client.In("first")), await CloneState.OfAsync(client.In("second")));
    }

    [Fact]
    public async Task Clone_IsAHit_WhenAnotherUserMayReadTheSame()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync("private/shared.git", s_widgets);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "alice");
        (_, IReadOnlyList<string> bob) = await client.TraceAsync(
            "clone",
            "--quiet",
            station.Node.UrlOf(repository, "bob").AbsoluteUri,
            "bob"
        );
        Assert.Contains(Hit, bob);
        Assert.Equal(1, repository.PacksMade);
    }

    [Fact]
    public async Task Person_IsTold_WhenThePackComesFromTheCache()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "first");
        CommandResult second = await client.RunAsync("clone", "--progress", url, "second");
        Assert.Contains("remote: waystation: served from cache (", second.Error, StringComparison.Ordinal);
        CommandResult quiet = await client.RunAsync("clone", "--quiet", url, "third");
        Assert.Equal("", quiet.Error);
    }

    [Fact]
    public async Task Fetches_CostThePrimaryFewPacks_WhenManyAskForTheSameNews()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string[] names = ["one", "two", "three", "four", "five"];
        foreach (string name in names)
        {
            await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, name);
        }

        await repository.CommitAsync();
        int before = repository.PacksMade;
        foreach (string name in names)
        {
            await client.In(name).RunAsync("fetch", "--quiet");
        }

        Assert.InRange(repository.PacksMade - before, 1, 2);
        foreach (string name in names)
        {
            Assert.Equal(await CloneState.OfAsync(client.In(names[0])), await CloneState.OfAsync(client.In(name)));
        }
    }

    [Fact]
    public async Task Fetch_MakesNoPack_WhenNothingIsNew()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "one");
        int before = repository.PacksMade;
        await client.In("one").RunAsync("fetch", "--quiet");
        Assert.Equal(before, repository.PacksMade);
    }

    [Fact]
    public async Task Clone_IsForwardedAndNotKept_WhenItCarriesAServerOption()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        for (int round = 1; round <= 2; round++)
        {
            (_, IReadOnlyList<string> status) = await client.TraceAsync(
                "clone",
                "--quiet",
                "--server-option=tenant=7",
                url,
                $"clone{round}"
            );
            Assert.Contains(status, said => said.StartsWith("waystation; fwd=bypass; detail=", StringComparison.Ordinal));
            Assert.Equal(round, repository.PacksMade);
        }
    }

    [Fact]
    public async Task Clone_IsNoHit_WhenTheFormatsDiffer()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", "--depth", "1", url, "one");
        (_, IReadOnlyList<string> status) = await client.TraceAsync("clone", "--quiet", "--depth", "2", url, "two");
        Assert.DoesNotContain(Hit, status);
        Assert.Equal("2", await client.In("two").ReadAsync("rev-list", "--count", "HEAD"));
    }

    public void Dispose() => _folder.Dispose();

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
