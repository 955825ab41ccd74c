using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Every node is drained, stopped and started again, one after the other, while people clone, fetch and push.</summary>
public sealed class DrainTests : IAsyncLifetime
{
    private const int Repositories = 4;

    private readonly FarmStation _station = new();
    private readonly List<PrimaryRepository> _repositories = [];

    public Task InitializeAsync() => _station.StartAsync(new FarmSettings());

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task AnUpgradeOfTheFarm_BreaksNothing()
    {
        await _station.TogetherAsync();
        for (int i = 0; i < Repositories; i++)
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync($"private/r{i}.git", new History(100 + i));
            _repositories.Add(repository);
            GitClient client = _station.NewClient($"warm{i}");
            await client.RunAsync("clone", "--quiet", _station.UrlOf(repository, "alice").AbsoluteUri, "clone");
            // The keeper has its mirror, so it takes the push.
            await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
            await PushAsync(client.In("clone"), "main");
        }

        await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
        using var over = new CancellationTokenSource();
        Task load = Task.WhenAll(
            WorkAsync("http", static (station, repository) => station.UrlOf(repository, "alice").AbsoluteUri, over.Token),
            WorkAsync("ssh", static (station, repository) => station.SshAddressOf(repository), over.Token)
        );
        try
        {
            foreach ((int i, WaystationNode node) in _station.Nodes.Index())
            {
                await node.DrainAsync();
                await _station.Haproxy.SeesAsync(i, isUsed: false);
                int code = await node.StopAsync();
                Assert.True(code == 0, $"exit code {code}:\n{node.Log}");
                await node.StartAgainAsync();
                await _station.TogetherAsync();
                await _station.Haproxy.SeesAsync(i, isUsed: true);
            }
        }
        finally
        {
            await over.CancelAsync();
            await load;
        }
    }

    private static async Task PushAsync(GitClient clone, string branch)
    {
        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", Guid.NewGuid().ToString());
        await clone.RunAsync("push", "--quiet", "origin", $"HEAD:refs/heads/{branch}");
    }

    /// <summary>Clones, pushes and fetches; a failure fails the test.</summary>
    private async Task WorkAsync(string name, Func<FarmStation, PrimaryRepository, string> address, CancellationToken over)
    {
        GitClient client = _station.NewClient(name);
        for (int round = 0; !over.IsCancellationRequested; round++)
        {
            PrimaryRepository repository = _repositories[round % Repositories];
            GitClient clone = client.In($"clone{round}");
            await client.RunAsync("clone", "--quiet", address(_station, repository), $"clone{round}");
            await PushAsync(clone, $"{name}-{round}");
            await clone.RunAsync("fetch", "--quiet");
            string tips = await clone.ReadAsync("ls-remote", "origin", $"refs/heads/{name}-{round}");
            Assert.StartsWith(await clone.ReadAsync("rev-parse", "HEAD"), tips, StringComparison.Ordinal);
            await clone.RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
        }
    }
}
