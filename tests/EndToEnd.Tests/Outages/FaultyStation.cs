using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>A primary, a relay that fails on command in front of it, and a node that knows only the relay.</summary>
public sealed class FaultyStation : IAsyncLifetime
{
    private ApachePrimary? primary;
    private FaultyRelay? relay;
    private WaystationNode? node;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => primary ?? throw new InvalidOperationException("not started");

    public FaultyRelay Relay => relay ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => node ?? throw new InvalidOperationException("not started");

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync(params string[] options)
    {
        try
        {
            primary = await ApachePrimary.StartAsync();
            relay = FaultyRelay.Start(primary.Url);
            // A silent primary counts as down soon: the tests wait for that.
            node = await WaystationNode.StartAsync(relay.Url, new NodeSettings { Options = ["--Primaries:0:AnswerWithin", "00:00:05", .. options] });
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
        if (node is not null)
            await node.DisposeAsync();
        if (relay is not null)
            await relay.DisposeAsync();
        if (primary is not null)
            await primary.DisposeAsync();
        Folder.Dispose();
    }
}
