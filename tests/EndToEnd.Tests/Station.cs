using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>A primary and a node in front of it, for the tests of one class. Each test makes repositories of its own.</summary>
public sealed class Station : IAsyncLifetime
{
    private ApachePrimary? primary;
    private WaystationNode? node;

    public ApachePrimary Primary => primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => node ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        primary = await ApachePrimary.StartAsync();
        node = await WaystationNode.StartAsync(primary.Url);
    }

    public async Task DisposeAsync()
    {
        if (node is not null)
            await node.DisposeAsync();
        if (primary is not null)
            await primary.DisposeAsync();
    }
}
