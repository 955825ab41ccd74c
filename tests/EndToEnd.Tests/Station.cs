using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests;

/// <summary>A primary and a node in front of it, for the tests of one class. Each test makes repositories of its own.</summary>
public sealed class Station : IAsyncLifetime
{
    private ApachePrimary? _primary;
    private WaystationNode? _node;

    /// <summary>For the clones of a class whose tests each have a station; tests that share one bring their own.</summary>
    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    public Task InitializeAsync() => StartAsync(new NodeSettings());

    /// <summary>Starts both. xunit disposes only a fixture that started, so a failure cleans up here.</summary>
    public async Task StartAsync(NodeSettings settings)
    {
        try
        {
            _primary = await ApachePrimary.StartAsync();
            _node = await WaystationNode.StartAsync(_primary.Url, settings);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }
}
