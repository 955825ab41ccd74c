using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

public sealed class FetchOverHttpTests(Station station) : FetchScenarios(new HttpDoor(station)), IClassFixture<Station>;

public sealed class FetchOverSshTests(SshStation station) : FetchScenarios(new SshDoor(station)), IClassFixture<SshStation>;

/// <summary>Fetches straight from the primary, through the node, and through the node once more: nothing may tell them apart.</summary>
public abstract class FetchScenarios(IDoor door)
{
    private static readonly History s_widgets = new(Seed: 12);

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Fetch_EqualsDirect_WhenThePrimaryWentOn(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await door.CloneAsync(repository, [], client => client.Speaking(protocolVersion));
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
        using SideBySide clones = await door.CloneAsync(repository, []);
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
        using SideBySide clones = await door.CloneAsync(repository, [], Dates.Fix);
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
        using SideBySide clones = await door.CloneAsync(
            repository,
            ["--depth", "1", "--no-single-branch"],
            client => client.Speaking(protocolVersion)
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

    /// <summary>The client's own commits are haves that no server knows; the negotiation has to go beyond them.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Fetch_EqualsDirect_WhenTheClientHasManyCommitsOfItsOwn(int protocolVersion)
    {
        PrimaryRepository repository = await door.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets with { Commits = 300 });
        using SideBySide clones = await door.CloneAsync(repository, [], client => Dates.Fix(client.Speaking(protocolVersion)));
        foreach (int number in Enumerable.Range(1, 40))
        {
            await clones.RunAsync("commit", "--quiet", "--allow-empty", "--message", $"Mine {number}");
        }

        await repository.CommitAsync();
        await clones.RunAsync("fetch", "--quiet");
        await clones.AssertEqualRefsAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Pull_EqualsDirect_WhenTheRepositoryIsSha256(int protocolVersion)
    {
        PrimaryRepository repository = await door.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets, "sha256");
        using SideBySide clones = await door.CloneAsync(repository, [], client => client.Speaking(protocolVersion));
        await repository.CommitAsync();
        await clones.RunAsync("pull", "--quiet");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task ShallowExclude_EqualsDirect_WhenTheTagIsAnnotated()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await door.CloneAsync(repository, ["--depth", "1"]);
        await clones.RunAsync("fetch", "--quiet", "--shallow-exclude", "v1.2");
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task LazyBlobs_EqualDirect_WhenAPartialCloneChecksOut()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        using SideBySide clones = await door.CloneAsync(repository, ["--filter=blob:none", "--no-checkout"]);
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
        using SideBySide clones = await door.CloneAsync(repository, ["--depth", "1"]);
        await clones.RunAsync("fetch", "--quiet", "--depth", "1", "origin", old);
        await clones.AssertEqualAsync();
    }

    [Fact]
    public async Task FetchById_IsRefusedAsDirect_WhenNoRefLeadsToTheObject()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        string orphan = await repository.CommitAsync("topic/1");
        await repository.GitAsync("update-ref", "refs/heads/topic/1", "refs/heads/topic/1~1");
        using SideBySide clones = await door.CloneAsync(repository, [], client => client.Speaking(0));
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
        using SideBySide clones = await door.CloneAsync(repository, ["--mirror"]);
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
        using SideBySide clones = await door.CloneAsync(repository, [], client => client.Speaking(protocolVersion));
        await repository.CommitAsync("main");
        await clones.RunAsync("ls-remote", "--quiet");
        await clones.RunAsync("ls-remote", "--quiet", "--symref", "origin", "HEAD");
        await clones.RunAsync("ls-remote", "--quiet", "--heads", "origin");
        await clones.RunAsync("ls-remote", "--quiet", "--tags", "origin", "v1.*");
    }

    private Task<PrimaryRepository> NewRepositoryAsync() => door.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
