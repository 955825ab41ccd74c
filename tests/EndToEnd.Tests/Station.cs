using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>A primary and a node in front of it, for the tests of one class. Each test makes repositories of its own.</summary>
public sealed class Station : IAsyncLifetime
{
    private ApachePrimary? primary;
    private WaystationNode? node;

    /// <summary>For the clones of a class whose tests have a station each; tests that share one bring their own.</summary>
    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => node ?? throw new InvalidOperationException("not started");

    public Task InitializeAsync() => StartAsync(new NodeSettings());

    /// <summary>Starts both; xunit disposes only what was started well, so a failure cleans up here.</summary>
    public async Task StartAsync(NodeSettings settings)
    {
        try
        {
            primary = await ApachePrimary.StartAsync();
            node = await WaystationNode.StartAsync(primary.Url, settings);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        if (node is not null)
            await node.DisposeAsync();
        if (primary is not null)
            await primary.DisposeAsync();
        Folder.Dispose();
    }
}
