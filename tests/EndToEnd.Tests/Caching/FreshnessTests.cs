using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>Refs are always asked: no client ever sees an old one.</summary>
public sealed class FreshnessTests(Station station) : IClassFixture<Station>, IDisposable
{
    private static readonly History s_widgets = new(Seed: 27);

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task NextFetch_SeesTheCommit_WhenItWasPushedThroughTheNode(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(protocolVersion);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "writer");
        await client.RunAsync("clone", "--quiet", url, "reader");
        for (int round = 1; round <= 4; round++)
        {
            await client.In("writer").RunAsync("commit", "--quiet", "--allow-empty", "--message", $"Round {round}");
            await client.In("writer").RunAsync("push", "--quiet");
            string pushed = await client.In("writer").ReadAsync("rev-parse", "HEAD");
            Assert.Equal($"{pushed}\trefs/heads/main", await client.ReadAsync("ls-remote", url, "refs/heads/main"));
            await client.In("reader").RunAsync("fetch", "--quiet");
            Assert.Equal(pushed, await client.In("reader").ReadAsync("rev-parse", "origin/main"));
            await client.RunAsync("clone", "--quiet", "--depth", "1", url, $"shallow{round}");
            Assert.Equal(pushed, await client.In($"shallow{round}").ReadAsync("rev-parse", "HEAD"));
        }

        await CloneState.OfAsync(client.In("reader"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task NextFetch_SeesTheCommit_WhenItWasMadeAtThePrimary(int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(protocolVersion);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "reader");
        for (int round = 1; round <= 4; round++)
        {
            string made = await repository.CommitAsync();
            Assert.Equal($"{made}\trefs/heads/main", await client.ReadAsync("ls-remote", url, "refs/heads/main"));
            await client.In("reader").RunAsync("fetch", "--quiet");
            Assert.Equal(made, await client.In("reader").ReadAsync("rev-parse", "origin/main"));
            await client.RunAsync("clone", "--quiet", url, $"clone{round}");
            Assert.Equal(made, await client.In($"clone{round}").ReadAsync("rev-parse", "HEAD"));
        }

        await CloneState.OfAsync(client.In("reader"));
    }

    [Fact]
    public async Task DeletedBranch_IsGoneAtOnce_WhenItWasDeletedAtThePrimary()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", "--mirror", url, "mirror");
        await repository.GitAsync("update-ref", "-d", "refs/heads/topic/1");
        await client.In("mirror").RunAsync("fetch", "--quiet", "--prune");
        Assert.NotEqual(0, (await client.In("mirror").TryAsync("rev-parse", "--verify", "--quiet", "refs/heads/topic/1")).ExitCode);
        Assert.Equal(0, (await client.In("mirror").TryAsync("rev-parse", "--verify", "--quiet", "refs/heads/topic/2")).ExitCode);
    }

    [Fact]
    public async Task RecreatedRepository_IsSeenAtOnce_WhenOnlyItsNameIsTheSame()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "before");
        Directory.Delete(repository.Folder, recursive: true);
        Assert.Equal(128, (await client.TryAsync("clone", "--quiet", url, "between")).ExitCode);
        await station.Primary.CreateAsync(repository.Name, new History(Seed: 28));
        await client.RunAsync("clone", "--quiet", url, "after");
        await client.RunAsync("clone", "--quiet", station.Primary.UrlOf(repository).AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("after")));
    }

    public void Dispose() => _folder.Dispose();

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_widgets);
}
