using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// Nodes that know nothing of each other behind one address, as in a farm whose Redis is away: requests of one conversation land on
/// different nodes, and every client gets what the primary has.
/// </summary>
public sealed class BalancerTests : IAsyncLifetime
{
    private readonly FarmStation _station = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClonesFetchesAndPushes_WorkThroughABalancer(bool hasNginx)
    {
        await _station.StartAsync(new FarmSettings { HasRedis = false, HasNginx = hasNginx });
        foreach (int version in (int[])[0, 1, 2])
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync($"private/http{version}.git", new History(31));
            await WorkAsync(
                _station.NewClient($"http{version}").Speaking(version),
                repository,
                _station.UrlOf(repository, "alice").AbsoluteUri
            );
            repository = await _station.Primary.CreateAsync($"private/ssh{version}.git", new History(32));
            await WorkAsync(_station.NewClient($"ssh{version}").Speaking(version), repository, _station.SshAddressOf(repository));
        }

        foreach (WaystationNode node in _station.Nodes)
        {
            NodeMetrics metrics = await node.MetricsAsync();
            Assert.True(metrics.Sum("waystation_fetches_total") > 0, $"{node.Url} served no fetch");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ANodeThatIsKilled_IsNotAskedAnyMore(bool hasNginx)
    {
        await _station.StartAsync(new FarmSettings { HasRedis = false, HasNginx = hasNginx });
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/one.git", new History(33));
        GitClient client = _station.NewClient("person");
        _station.Nodes[1].Kill();
        for (int i = 0; i < 6; i++)
        {
            await client.RunAsync("clone", "--quiet", _station.UrlOf(repository).AbsoluteUri, $"http{i}");
            await client.RunAsync("clone", "--quiet", _station.SshAddressOf(repository), $"ssh{i}");
        }
    }

    /// <summary>Clones, takes a commit of the primary, pushes one, and compares with a clone straight from the primary.</summary>
    private async Task WorkAsync(GitClient client, PrimaryRepository repository, string address)
    {
        await client.RunAsync("clone", "--quiet", address, "clone");
        GitClient clone = client.In("clone");
        string tip = await repository.CommitAsync();
        await clone.RunAsync("pull", "--quiet");
        Assert.Equal(tip, await clone.ReadAsync("rev-parse", "HEAD"));

        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Through some node");
        await clone.RunAsync("push", "--quiet");
        string pushed = await clone.ReadAsync("rev-parse", "HEAD");
        Assert.Equal(pushed, await repository.ResolveAsync("refs/heads/main"));
        for (int i = 0; i < _station.Nodes.Count; i++)
        {
            Assert.StartsWith(pushed, await client.ReadAsync("ls-remote", address, "refs/heads/main"), StringComparison.Ordinal);
        }

        await client.RunAsync("clone", "--quiet", "--mirror", address, "through");
        await client.RunAsync("clone", "--quiet", "--mirror", _station.Primary.UrlOf(repository, "alice").AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("through")));
    }
}
