using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>A mirror that another node keeps is compared with that node's, and is ready when that node goes.</summary>
public sealed class VetTests : IAsyncLifetime
{
    private readonly FarmStation _station = new();

    public Task InitializeAsync() => _station.StartAsync(new FarmSettings { Nodes = 2, Options = ["--Vet:Every", "00:00:02"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public Task MirrorOfAnotherNode_IsCompared_AndIsUpToDateWhenThatNodeGoes() =>
        Unhurried.AssertAsync(async number =>
        {
            await _station.TogetherAsync();
            PrimaryRepository repository = await _station.Primary.CreateAsync($"private/vetted{number}.git", new History(81));
            GitClient writer = _station.NewClient($"writer{number}");
            await writer.RunAsync("clone", "--quiet", _station.UrlOf(repository, "alice").AbsoluteUri, "clone");
            await FarmTraffic.SettleAsync(_station.Primary, _station.Nodes);
            await Eventually.TrueAsync("a node has a mirror", () => _station.Nodes.Any(node => HasMirror(node, repository)));
            WaystationNode keeper = Assert.Single(_station.Nodes, node => HasMirror(node, repository));
            WaystationNode other = _station.Nodes.Single(node => node != keeper);

            // While the keeper is away, the other node makes a mirror.
            keeper.Kill();
            await other.MeetsAsync(1);
            await CloneAsync(other, repository, $"away{number}");
            await Eventually.TrueAsync("the other node has a mirror", () => HasMirror(other, repository));
            await keeper.StartAgainAsync();
            await _station.TogetherAsync();

            GitClient clone = writer.In("clone");
            await clone.RunAsync("commit", "--quiet", "--allow-empty", "--message", "more");
            await clone.RunAsync("push", "--quiet", keeper.UrlOf(repository, "alice").AbsoluteUri, "HEAD:refs/heads/main");
            await CloneAsync(keeper, repository, $"kept{number}");
            string tip = await repository.ResolveAsync("refs/heads/main");
            await Eventually.TrueAsync("the vet brings the push", () => HasRef(other, repository, tip));

            int packs = repository.PacksMade;
            keeper.Kill();
            await other.MeetsAsync(1);
            await CloneAsync(other, repository, $"alone{number}");
            await keeper.StartAgainAsync();
            return ($"{packs} packs", $"{repository.PacksMade} packs");
        });

    private async Task CloneAsync(WaystationNode node, PrimaryRepository repository, string name)
    {
        GitClient client = _station.NewClient(name);
        await client.RunAsync("clone", "--quiet", node.UrlOf(repository, "bob").AbsoluteUri, "clone");
        Assert.Equal(
            await repository.ResolveAsync("refs/heads/main"),
            await client.In("clone").ReadAsync("rev-parse", "refs/remotes/origin/main")
        );
    }

    private static bool HasMirror(WaystationNode node, PrimaryRepository repository) => RefsOf(node, repository).Any();

    private static bool HasRef(WaystationNode node, PrimaryRepository repository, string tip) =>
        RefsOf(node, repository).Any(refs => refs.Contains(tip, StringComparison.Ordinal));

    /// <summary>The text of the refs of each mirror of a repository.</summary>
    private static IEnumerable<string> RefsOf(WaystationNode node, PrimaryRepository repository)
    {
        string mirrors = Path.Combine(node.DataFolder, "mirrors");
        return Directory.Exists(mirrors)
            ? Directory
                .EnumerateDirectories(mirrors)
                .Where(mirror =>
                    File.Exists(Path.Combine(mirror, "record"))
                    && File.ReadAllText(Path.Combine(mirror, "record")).Contains(repository.Name, StringComparison.Ordinal)
                    && File.Exists(Path.Combine(mirror, "git", "packed-refs"))
                )
                .Select(static mirror => File.ReadAllText(Path.Combine(mirror, "git", "packed-refs")))
            : [];
    }
}
