using Microsoft.Extensions.DependencyInjection;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Pushes;
using Waystation.Primaries;

namespace Waystation.Farm.Peers;

/// <summary>Peers, put together.</summary>
public static class PeerServices
{
    /// <summary>Replaces the seams of a node by itself. The nodes and secrets of the farm must be there.</summary>
    public static IServiceCollection AddPeers(this IServiceCollection services) =>
        services
            .AddSingleton<PeerClient>()
            .AddSingleton<OpenCalls>()
            .AddSingleton<KnownViews>()
            .AddSingleton<PeerMeters>()
            .AddSingleton<FarmPeers>()
            .AddSingleton<IPeers>(static provider => provider.GetRequiredService<FarmPeers>())
            .AddSingleton<IPushKeeper, PushHandover>()
            .AddSingleton<IServicePrimaries>(static provider => new KeptServicePrimaries(
                provider.GetRequiredService<ServicePrimaries>(),
                provider.GetRequiredService<IPeers>()
            ))
            .AddSingleton<IPeerOperation, FetchOperation>()
            .AddSingleton<IPeerOperation, PrimaryOperation>()
            .AddSingleton<IPeerOperation, PushOperation>()
            .AddSingleton<IPeerOperation, MirrorOperation>()
            .AddSingleton<IFarmEndpoint, PeerEndpoint>();
}
