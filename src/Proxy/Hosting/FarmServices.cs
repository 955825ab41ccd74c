using System.Diagnostics.Metrics;
using Waystation.Farm;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>The farm, put together. Its client of Redis is loaded only where it is called.</summary>
internal static class FarmServices
{
    /// <summary>Adds nothing unless the node belongs to a farm. Called last: what it adds stands before the node's own.</summary>
    public static IServiceCollection AddFarm(this IServiceCollection services, NodeOptions options) =>
        options.Farm.IsOn ? AddRedis(services.AddSingleton(options.Farm), options.Farm) : services;

    /// <summary>What the nodes share through Redis. Services stop in the opposite order.</summary>
    private static IServiceCollection AddRedis(IServiceCollection services, FarmOptions options) =>
        services
            .AddSingleton(FarmSecrets.Read(options.SecretFile!))
            .AddSingleton<Standing>()
            .AddSingleton<RedisMeters>()
            .AddSingleton(provider => new FarmRedis(
                options.Target,
                options.Name,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<RedisMeters>(),
                provider.GetRequiredService<ILogger<FarmRedis>>()
            ))
            .AddSingleton<SealedValue>()
            .AddSingleton<ISharedValues, SharedValues>()
            .AddSingleton(provider => new FarmAnnouncements(
                provider.GetRequiredService<FarmRedis>(),
                provider.GetRequiredService<FarmSecrets>(),
                provider.GetRequiredService<Standing>(),
                options.Name,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<FarmAnnouncements>>()
            ))
            .AddSingleton<IAnnouncements>(static provider => provider.GetRequiredService<FarmAnnouncements>())
            .AddHostedService(static provider => provider.GetRequiredService<FarmRedis>())
            .AddHostedService(static provider => provider.GetRequiredService<FarmAnnouncements>());
}
