using Waystation.Farm.Nodes;
using Waystation.Primaries;

namespace Waystation.Proxy.Hosting;

/// <summary>
/// What it means for the rest of the node that it is in a farm: while it waits for its approval it forwards and holds nothing, and when it
/// is told to stop the other nodes learn it before its requests end.
/// </summary>
internal sealed class FarmMembership(INodeRegistry nodes, NodeMeters meters, PrimaryMap primaries, IHostApplicationLifetime lifetime)
    : IHostedService,
        IDisposable
{
    private CancellationTokenRegistration _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        meters.Observe(nodes.List);
        primaries.HoldOnlyWhile(() => nodes.Self.State != NodeState.Pending);
        _stopping = lifetime.ApplicationStopping.Register(() => nodes.Drain(isDraining: true));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();
}
