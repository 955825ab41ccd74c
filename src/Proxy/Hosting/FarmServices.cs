using System.Diagnostics.Metrics;
using Waystation.CacheStore.Disk;
using Waystation.Farm;
using Waystation.Farm.Announcements;
using Waystation.Farm.Lfs;
using Waystation.Farm.Nodes;
using Waystation.Farm.Peers;
using Waystation.Farm.Purges;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.Farm.Tickets;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>The farm, put together. Its client of Redis is loaded only where it is called.</summary>
internal static class FarmServices
{
    /// <summary>Adds nothing unless the node belongs to a farm. Called last: what it adds stands before the node's own.</summary>
    public static IServiceCollection AddFarm(this IServiceCollection services, NodeOptions options) =>
        options.Farm.IsOn
            ? AddNodes(AddPermission(AddRedis(services.AddSingleton(options.Farm), options.Farm), options), options).AddPeers()
            : services;

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

    /// <summary>What the nodes share about permission.</summary>
    private static IServiceCollection AddPermission(IServiceCollection services, NodeOptions options) =>
        services.AddFarmTickets(new TicketTimes(options.Access.TicketLifetime, options.Outage.ServeFor)).AddFarmLfs().AddFarmPurges();

    /// <summary>The nodes that know each other. They are the last to begin and the first to end.</summary>
    private static IServiceCollection AddNodes(IServiceCollection services, NodeOptions options) =>
        services
            .AddSingleton<NodeMeters>()
            .AddSingleton(provider => new NodeRegistry(
                new OwnNode(
                    options.Farm.Name,
                    options.Farm.NodeUrl!,
                    StatusPage.Version,
                    options.Farm.Approval,
                    Path.Combine(provider.GetRequiredService<DataFolder>().Root, "farm")
                ),
                NodeTimes.Usual,
                provider.GetRequiredService<FarmRedis>(),
                provider.GetRequiredService<FarmSecrets>(),
                provider.GetRequiredService<IAnnouncements>(),
                provider.GetRequiredService<Standing>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<NodeRegistry>>()
            ))
            .AddSingleton<INodeRegistry>(static provider => provider.GetRequiredService<NodeRegistry>())
            .AddSingleton<IFarmNodes>(static provider => provider.GetRequiredService<NodeRegistry>())
            .AddHostedService(static provider => provider.GetRequiredService<NodeRegistry>())
            .AddHostedService<FarmMembership>();
}
