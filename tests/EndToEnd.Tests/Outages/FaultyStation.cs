using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>A primary, a relay that fails on command in front of it, and a node that knows only the relay.</summary>
public sealed class FaultyStation : IAsyncLifetime
{
    private ApachePrimary? _primary;
    private FaultyRelay? _relay;
    private WaystationNode? _node;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public FaultyRelay Relay => _relay ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync(params string[] options)
    {
        try
        {
            _primary = await ApachePrimary.StartAsync();
            _relay = FaultyRelay.Start(_primary.Url);
            // A silent primary counts as down soon: the tests wait for that.
            _node = await WaystationNode.StartAsync(
                _relay.Url,
                new NodeSettings { Options = ["--Primaries:0:AnswerWithin", "00:00:05", .. options] }
            );
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends whatever fault there is, and waits until the node knows.</summary>
    public async Task HealAsync()
    {
        Relay.Set(Fault.None);
        await Eventually.TrueAsync("the outage ends", async () => (await Node.MetricsAsync()).Sum("waystation_outage") == 0);
    }

    public async Task<bool> IsOutAsync() => (await Node.MetricsAsync()).Sum("waystation_outage") == 1;

    public async Task<double> StaleAnswersAsync() => (await Node.MetricsAsync()).Sum("waystation_stale_answers_total");

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }
}
