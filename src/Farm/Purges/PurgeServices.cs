using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.FetchCore.Background;

namespace Waystation.Farm.Purges;

/// <summary>Purges in a farm, put together.</summary>
public static class PurgeServices
{
    /// <summary>Adds what carries purges to every node.</summary>
    public static IServiceCollection AddFarmPurges(this IServiceCollection services) =>
        services
            .AddSingleton<DonePurges>()
            .AddHostedService(static provider =>
            {
                RepositoryPurge purge = provider.GetRequiredService<RepositoryPurge>();
                var purges = new FarmPurges(
                    provider.GetRequiredService<ISharedValues>(),
                    provider.GetRequiredService<IAnnouncements>(),
                    purge.PurgeHereAsync,
                    provider.GetRequiredService<DonePurges>(),
                    provider.GetRequiredService<TimeProvider>(),
                    provider.GetRequiredService<ILogger<FarmPurges>>()
                );
                purge.WhenPurged(purges.Tell);
                return purges;
            });
}
