using System.Diagnostics.Metrics;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.TestKit.Logging;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Redis;

/// <summary>What one node shares through Redis, without the rest of the node.</summary>
internal sealed class SharingNode : IAsyncDisposable
{
    public const string Secret = "the-first-secret-of-this-farm-0123456789";

    private readonly Meter _meter = new("test");

    private SharingNode(RedisTarget target, string name, string[] secrets, TimeProvider clock)
    {
        Secrets = new FarmSecrets(secrets);
        var meters = new RedisMeters(_meter);
        Redis = new FarmRedis(target, name, TimeProvider.System, meters, RedisLog);
        Values = new SharedValues(Redis, Standing, new SealedValue(Secrets, clock), TimeProvider.System, meters);
        Announcements = new FarmAnnouncements(Redis, Secrets, Standing, name, TimeProvider.System, AnnouncementLog);
    }

    public FarmSecrets Secrets { get; }

    public Standing Standing { get; } = new() { IsMember = true };

    public FarmRedis Redis { get; }

    public SharedValues Values { get; }

    public FarmAnnouncements Announcements { get; }

    public RecordedLog<FarmRedis> RedisLog { get; } = new();

    public RecordedLog<FarmAnnouncements> AnnouncementLog { get; } = new();

    /// <summary>Starts it, and waits until it hears unless it cannot.</summary>
    public static async Task<SharingNode> StartAsync(
        RedisServer redis,
        string name,
        string[]? secrets = null,
        TimeProvider? clock = null,
        Action<SharingNode>? prepare = null
    )
    {
        SharingNode node = Start(new RedisTarget(redis.Address), name, secrets, clock, prepare);
        await Eventually.TrueAsync($"{name} hears", () => node.Announcements.IsHearing);
        return node;
    }

    /// <summary>Starts it and does not wait.</summary>
    public static SharingNode Start(
        RedisTarget target,
        string name,
        string[]? secrets = null,
        TimeProvider? clock = null,
        Action<SharingNode>? prepare = null
    )
    {
        var node = new SharingNode(target, name, secrets ?? [Secret], clock ?? TimeProvider.System);
        prepare?.Invoke(node);
        _ = node.Redis.StartAsync(CancellationToken.None);
        _ = node.Announcements.StartAsync(CancellationToken.None);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await Announcements.DisposeAsync();
        await Values.DisposeAsync();
        await Redis.DisposeAsync();
        _meter.Dispose();
    }
}
