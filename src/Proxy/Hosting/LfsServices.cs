using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Lfs.Prefetch;
using Waystation.Primaries.Lfs;
using Waystation.Proxy.Http.Endpoints;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>Git LFS, put together.</summary>
internal static class LfsServices
{
    public static IServiceCollection AddLfs(this IServiceCollection services, NodeOptions options)
    {
        var terms = new LfsTerms(options.Lfs.UrlLifetime, options.Outage.ServeFor);
        return services
            .AddSingleton(terms)
            .AddSingleton(static provider => new LfsUrls(provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(provider => new LfsGrants(
                provider.GetRequiredService<AccessTickets>(),
                provider.GetRequiredService<TimeProvider>(),
                terms.Memory
            ))
            .AddSingleton<LfsService>()
            .AddSingleton(new StorageHosts(options.Lfs.StorageHosts))
            .AddSingleton<LfsStorage>()
            .AddSingleton<ILfsSources, LfsSources>()
            .AddSingleton<ILfsPrimaries, ServiceLfs>()
            .AddSingleton(options.Lfs.Prefetch)
            .AddSingleton<PointerSearch>()
            .AddSingleton<LfsPrefetch>()
            .AddSingleton<RepositoryWork>(static provider => provider.GetRequiredService<LfsPrefetch>())
            .AddHostedService<LfsPrefetchRounds>()
            .AddSingleton<LfsUploads>()
            .AddSingleton<LfsBatchEndpoint>()
            .AddSingleton<LfsObjectEndpoint>()
            .AddSingleton<LfsUploadEndpoint>();
    }
}
