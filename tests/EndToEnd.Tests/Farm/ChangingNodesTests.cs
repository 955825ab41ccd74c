using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Nodes come, go and come back. The primary sends nothing that another node has.</summary>
public sealed class ChangingNodesTests : IAsyncLifetime
{
    private const int Repositories = 4;

    private readonly FarmStation _station = new();
    private readonly List<PrimaryRepository> _repositories = [];

    public Task InitializeAsync() => _station.StartAsync(new FarmSettings { Later = Unhurried.Tries });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public Task ANewNode_TakesFromTheOthers() =>
        Unhurried.AssertAsync(async number =>
        {
            await WarmAsync(number);
            WaystationNode added = await _station.AddNodeAsync();
            await _station.TogetherAsync();
            int before = Packs;
            await CheckAsync($"added{number}", [added]);
            await CheckAsync($"others{number}", _station.Nodes);
            return ($"{before} packs", $"{Packs} packs");
        });

    [Fact]
    public Task ANodeThatComesBack_TakesWhatItMissedFromTheOthers() =>
        Unhurried.AssertAsync(async number =>
        {
            await WarmAsync(number);
            WaystationNode away = _station.Nodes[1];
            away.Kill();
            await _station.TogetherAsync();
            foreach (PrimaryRepository repository in _repositories)
            {
                await PushAsync(repository, $"missed{number}");
            }

            await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
            await away.StartAgainAsync();
            await _station.TogetherAsync();
            int before = Packs;
            await CheckAsync($"back{number}", [away]);
            await CheckAsync($"others{number}", _station.Nodes);
            return ($"{before} packs", $"{Packs} packs");
        });

    private int Packs => _repositories.Sum(static repository => repository.PacksMade);

    /// <summary>Makes repositories, and clones and pushes each once through the balancer.</summary>
    private async Task WarmAsync(int number)
    {
        _repositories.Clear();
        await _station.TogetherAsync();
        for (int i = 0; i < Repositories; i++)
        {
            PrimaryRepository repository = await _station.Primary.CreateAsync($"private/r{number}-{i}.git", new History(70 + i));
            _repositories.Add(repository);
            await PushAsync(repository, "warm");
        }

        await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
    }

    private async Task PushAsync(PrimaryRepository repository, string name)
    {
        GitClient client = _station.NewClient($"{name}-{Path.GetFileNameWithoutExtension(repository.Name)}");
        await client.RunAsync("clone", "--quiet", _station.UrlOf(repository, "alice").AbsoluteUri, "clone");
        // The keeper has its mirror, so it takes the push.
        await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
        GitClient clone = client.In("clone");
        await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", name);
        await clone.RunAsync("push", "--quiet");
    }

    /// <summary>bob clones each repository through each of these nodes, and gets what the primary has.</summary>
    private async Task CheckAsync(string name, IReadOnlyList<WaystationNode> nodes)
    {
        foreach (PrimaryRepository repository in _repositories)
        {
            string tip = await repository.ResolveAsync("refs/heads/main");
            foreach ((int i, WaystationNode node) in nodes.Index())
            {
                GitClient client = _station.NewClient($"{name}-{Path.GetFileNameWithoutExtension(repository.Name)}-{i}");
                await client.RunAsync("clone", "--quiet", node.UrlOf(repository, "bob").AbsoluteUri, "clone");
                Assert.Equal(tip, await client.In("clone").ReadAsync("rev-parse", "HEAD"));
                await client.In("clone").RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
            }
        }
    }
}
