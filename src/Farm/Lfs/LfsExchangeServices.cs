using Microsoft.Extensions.DependencyInjection;
using Waystation.Farm.Peers;
using Waystation.Farm.Secrets;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>LFS in a farm, put together.</summary>
public static class LfsExchangeServices
{
    /// <summary>Adds the exchange of permissions and objects, and URLs that are good at every node.</summary>
    public static IServiceCollection AddFarmLfs(this IServiceCollection services) =>
        services
            .AddSingleton(static provider => new LfsUrls(
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<FarmSecrets>().Keys("lfs urls")
            ))
            .AddSingleton<ILfsExchange, LfsExchange>()
            .AddSingleton<OpenSources>()
            .AddSingleton<ObjectPeers>()
            .AddSingleton<IObjectPeers>(static provider => provider.GetRequiredService<ObjectPeers>())
            .AddSingleton<IPeerOperation, ObjectOperation>()
            .AddSingleton<IPeerOperation, SourceOperation>()
            .AddHostedService<ObjectOffers>()
            .AddSingleton<LfsElsewhere>();
}
