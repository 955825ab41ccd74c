using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>A node that reaches its primary only through a company's proxy: everything goes that way, with the node's login.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private readonly Station _station = new();
    private readonly ForwardProxy _proxy = new("node:let me out");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_station.Folder["password"], "let me out\n");
        await _station.StartAsync(
            new NodeSettings
            {
                Options =
                [
                    "--Primaries:0:Proxy:Url",
                    _proxy.Url.AbsoluteUri,
                    "--Primaries:0:Proxy:Username",
                    "node",
                    "--Primaries:0:Proxy:PasswordFile",
                    _station.Folder["password"],
                ],
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task CloneAndPush_GoThroughTheProxy()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("private/far.git", new History(Seed: 3));
        GitClient git = new(_station.Folder);
        string url = _station.Node.UrlOf(repository, "alice").AbsoluteUri;

        await git.RunAsync("clone", "--quiet", url, "far");
        await git.In("far").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Through the proxy");
        await git.In("far").RunAsync("push", "--quiet");
        await git.RunAsync("clone", "--quiet", url, "again");

        string head = await git.In("again").ReadAsync("rev-parse", "HEAD");
        Assert.Equal((head, head), (await git.In("far").ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("main")));
        await Eventually.TrueAsync(
            "each request of the primary went through the proxy",
            () => _station.Primary.Requests.Count == _proxy.Requests.Count
        );
        Assert.Contains($"POST {_station.Primary.Url}private/far.git/git-receive-pack", _proxy.Requests);
        Assert.DoesNotContain("let me out", _station.Node.Log, StringComparison.Ordinal);
    }
}
