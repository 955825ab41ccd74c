using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>Git that speaks protocol v0 or v1 shares the cache with git that speaks v2, and cannot tell.</summary>
public sealed class OlderProtocolTests(Station station) : IClassFixture<Station>, IDisposable
{
    private const string Miss = "waystation; fwd=miss; stored",
        Hit = "waystation; hit";

    private static readonly History s_widgets = new(Seed: 22);

    private readonly TempFolder _folder = new();

    public static TheoryData<int, int, string> Clones
    {
        get
        {
            var rows = new TheoryData<int, int, string>();
            foreach ((int first, int second) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 1), (0, 1), (2, 0), (2, 1), (0, 2), (1, 2)])
            {
                foreach (string options in (ReadOnlySpan<string>)["", "--depth 1", "--filter=blob:none --no-checkout"])
                {
                    rows.Add(first, second, options);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Clones))]
    public async Task Clone_IsAHit_WhicheverVersionMadeTheSameBefore(int first, int second, string options)
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
        (_, IReadOnlyList<string> cold) = await client.Speaking(first).TraceAsync([.. clone, "first"]);
        Assert.Contains(Miss, cold);
        (_, IReadOnlyList<string> warm) = await client.Speaking(second).TraceAsync([.. clone, "second"]);
        Assert.Contains(Hit, warm);
        Assert.Equal(1, repository.PacksMade);
        Assert.Equal(await CloneState.OfAsync(client.In("first")), await CloneState.OfAsync(client.In("second")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task CloneOfSha256_IsAHit_WhenTheSameWasClonedBefore(int version)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets, "sha256");
        GitClient client = new GitClient(_folder).Speaking(version);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "first");
        (_, IReadOnlyList<string> second) = await client.TraceAsync("clone", "--quiet", url, "second");
        Assert.Contains(Hit, second);
        Assert.Equal(await CloneState.OfAsync(client.In("first")), await CloneState.OfAsync(client.In("second")));
    }

    [Fact]
    public async Task Clone_IsAHit_WhenThePrimaryKnowsNoV2()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"old/{Guid.NewGuid():n}.git", s_widgets);
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "first");
        (_, IReadOnlyList<string> second) = await client.TraceAsync("clone", "--quiet", url, "second");
        Assert.Contains(Hit, second);
        Assert.Equal(1, repository.PacksMade);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 2)]
    [InlineData(2, 0)]
    public async Task Fetch_EqualsDirect_WhenOthersFetchedTheSame(int first, int second)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string[] names = ["direct", "one", "two", "three", "four"];
        int[] versions = [second, first, first, second, second];
        for (int i = 0; i < names.Length; i++)
        {
            Uri url = i == 0 ? station.Primary.UrlOf(repository) : station.Node.UrlOf(repository);
            await client.Speaking(versions[i]).RunAsync("clone", "--quiet", url.AbsoluteUri, names[i]);
        }

        await repository.CommitAsync();
        await repository.CommitAsync("topic/1");
        await repository.GitAsync("-c", "user.name=Omar", "-c", "user.email=omar@example.com", "tag", "-a", "-m", "news", "v2", "main");
        for (int i = 0; i < names.Length; i++)
        {
            await client.Speaking(versions[i]).In(names[i]).RunAsync("fetch", "--quiet");
        }

        foreach (string name in names[1..])
        {
            Assert.Equal(await CloneState.OfAsync(client.In(names[0])), await CloneState.OfAsync(client.In(name)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Fetch_IsAHit_WhenAskedAThirdTime(int version)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        string[] names = ["one", "two", "three"];
        foreach (string name in names)
        {
            await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, name);
        }

        await repository.CommitAsync();
        int before = repository.PacksMade;
        IReadOnlyList<string> last = [];
        foreach (string name in names)
        {
            (_, last) = await client.In(name).TraceAsync("fetch", "--quiet");
        }

        Assert.Contains(Hit, last);
        Assert.Equal(1, repository.PacksMade - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ShallowClone_DeepensAsDirect_StepByStep(int version)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            ["--depth", "2"],
            configure: client => client.Speaking(version)
        );
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--depth", "5");
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--deepen", "3");
        await clones.AssertEqualAsync();
        await clones.RunAsync(
            "fetch",
            "--quiet",
            "--shallow-since",
            History.TimeOf(20).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
        await clones.AssertEqualAsync();
        await repository.CommitAsync();
        await clones.RunAsync("fetch", "--quiet");
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--unshallow");
        await clones.AssertEqualAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Person_IsTold_WhenThePackComesFromTheCache(int version)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "first");
        CommandResult second = await client.RunAsync("clone", "--progress", url, "second");
        Assert.Contains("remote: waystation: served from cache (", second.Error, StringComparison.Ordinal);
        CommandResult quiet = await client.RunAsync("clone", "--quiet", url, "third");
        Assert.Equal("", quiet.Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task ShallowPrimary_IsClonedAsDirect_WhicheverVersionCameFirst(int first)
    {
        PrimaryRepository origin = await NewRepositoryAsync();
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git");
        await repository.GitAsync("fetch", "--quiet", "--depth", "3", "file://" + origin.Folder, "refs/heads/main:refs/heads/main");
        GitClient client = new(_folder);
        int clone = 0;
        foreach (int version in (int[])[first, 2 - first, first, 2 - first])
        {
            string name = $"clone{clone++}",
                direct = $"direct{clone}";
            await client.Speaking(version).RunAsync("clone", "--quiet", station.Primary.UrlOf(repository).AbsoluteUri, direct);
            await client.Speaking(version).RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, name);
            Assert.Equal(await CloneState.OfAsync(client.In(direct)), await CloneState.OfAsync(client.In(name)));
        }
    }

    public void Dispose() => _folder.Dispose();

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
