using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A primary whose sshd takes no GIT_PROTOCOL: it speaks version 0 to every client, and so does the node.</summary>
public sealed class OldPrimaryTests : IAsyncLifetime
{
    private readonly SshStation _station = new();

    public Task InitializeAsync() => _station.StartAsync(acceptsProtocol: false);

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task ClientOfAnyVersion_ClonesFetchesAndPushes()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync("private/old.git", new History(89));
        using SideBySide three = await SideBySide.CloneAsync(_station, repository, []);
        await repository.CommitAsync();
        await three.RunAsync("pull", "--quiet");
        await three.AssertEqualAsync();
        using SideBySide shallow = await SideBySide.CloneAsync(_station, repository, ["--depth", "1"]);
        await shallow.AssertEqualAsync();
        await shallow.RunAsync("fetch", "--quiet", "--unshallow");
        await shallow.AssertEqualAsync();
        // The full clone, the fetch and the shallow one were made once for the node and once each for the direct clones, which deepens,
        // too; the rest is here.
        NodeMetrics metrics = await _station.Node.MetricsAsync();
        Assert.True(metrics.Fetches("hit") + metrics.Fetches("local") >= 4, _station.Node.Log);
    }
}
