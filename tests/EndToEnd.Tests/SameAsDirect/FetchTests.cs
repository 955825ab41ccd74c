using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

public sealed class FetchTests(Station station) : IClassFixture<Station>
{
    private static readonly History s_widgets = new(Seed: 12);

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Fetch_EqualsDirect_WhenThePrimaryWentOn(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            [],
            configure: client => client.Speaking(protocolVersion)
        );
        for (int round = 0; round < 3; round++)
        {
            await repository.CommitAsync("main");
            await repository.CommitAsync("topic/1");
            await clones.RunAsync("fetch", "--quiet");
        }

        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task Fetch_EqualsDirect_WhenTagsBranchesAndRewindsCame()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, []);
        string tip = await repository.CommitAsync("main");
        await repository.GitAsync("-c", "user.name=Omar", "-c", "user.email=omar@example.com", "tag", "-a", "-m", "New", "v2.0", tip);
        await repository.GitAsync("update-ref", "-d", "refs/heads/topic/2");
        await repository.GitAsync("update-ref", "refs/heads/topic/3", "refs/heads/main~7");
        await repository.GitAsync("branch", "fresh", "main~2");
        await clones.RunAsync("fetch", "--quiet", "--prune");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task PullRebase_EqualsDirect_WhenBothSidesCommitted()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, [], configure: FixedDates);
        await clones.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Mine");
        await repository.CommitAsync("main");
        await clones.RunAsync("pull", "--quiet", "--rebase");
        await clones.RunAsync("log", "--format=%H %s", "-3");
        await clones.AssertEqualAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Deepening_EqualsDirect_StepByStep(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            ["--depth", "1", "--no-single-branch"],
            configure: client => client.Speaking(protocolVersion)
        );
        await clones.RunAsync("fetch", "--quiet", "--depth", "4");
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--deepen", "3");
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--shallow-since", History.TimeOf(15).ToString("O"));
        await clones.AssertEqualAsync();
        await repository.CommitAsync("main");
        await clones.RunAsync("fetch", "--quiet");
        await clones.AssertEqualAsync();
        await clones.RunAsync("fetch", "--quiet", "--unshallow");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task ShallowExclude_EqualsDirect_WhenTheTagIsAnnotated()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, ["--depth", "1"]);
        await clones.RunAsync("fetch", "--quiet", "--shallow-exclude", "v1.2");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task LazyBlobs_EqualDirect_WhenAPartialCloneChecksOut()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, ["--filter=blob:none", "--no-checkout"]);
        await clones.RunAsync("checkout", "--quiet", "main~10");
        await clones.AssertEqualAsync();
        await clones.RunAsync("checkout", "--quiet", "topic/1");
        await clones.RunAsync("log", "-p", "-5", "main");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task FetchById_EqualsDirect_WhenThePrimaryAllowsAnyReachableObject()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        await repository.GitAsync("config", "uploadpack.allowAnySHA1InWant", "true");
        string old = await repository.ResolveAsync("main~8");
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, ["--depth", "1"]);
        await clones.RunAsync("fetch", "--quiet", "--depth", "1", "origin", old);
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task FetchById_IsRefusedAsDirect_WhenNoRefLeadsToTheObject()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        string orphan = await repository.CommitAsync("topic/1");
        await repository.GitAsync("update-ref", "refs/heads/topic/1", "refs/heads/topic/1~1");
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, [], configure: client => client.Speaking(0));
        var results = new List<CommandResult>();
        foreach (GitClient clone in clones.Clones)
        {
            results.Add(await clone.TryAsync("fetch", "origin", orphan));
        }

        Assert.NotEqual(0, results[0].ExitCode);
        Assert.All(results, result => Assert.Equal((results[0].ExitCode, results[0].Error), (result.ExitCode, result.Error)));
    }

    [Fact]
    public async Task RemoteUpdate_EqualsDirect_WhenTheCloneIsAMirror()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(station, repository, ["--mirror"]);
        await repository.CommitAsync("main");
        await repository.GitAsync("update-ref", "-d", "refs/tags/v1.1");
        await repository.GitAsync("update-ref", "refs/pull/1/head", "refs/heads/topic/2");
        await clones.RunAsync("remote", "update", "--prune");
        await clones.AssertEqualAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task LsRemote_EqualsDirect_InEveryForm(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await SideBySide.CloneAsync(
            station,
            repository,
            [],
            configure: client => client.Speaking(protocolVersion)
        );
        await repository.CommitAsync("main");
        await clones.RunAsync("ls-remote", "--quiet");
        await clones.RunAsync("ls-remote", "--quiet", "--symref", "origin", "HEAD");
        await clones.RunAsync("ls-remote", "--quiet", "--heads", "origin");
        await clones.RunAsync("ls-remote", "--quiet", "--tags", "origin", "v1.*");
    }

    private static GitClient FixedDates(GitClient client) => client with { Variables = Dates.Fixed };

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
