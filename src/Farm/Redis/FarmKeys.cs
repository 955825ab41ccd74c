using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>
/// The keys of the farm in Redis. They begin with the version of their format, so that nodes of two versions can share a Redis. The hash
/// tag in braces puts all of them on one shard of a Redis Cluster: the shard answers, or Redis counts as away.
/// </summary>
internal static class FarmKeys
{
    private const string Prefix = "waystation:1:{farm}:";

    /// <summary>Written again and again, to know whether Redis takes writes.</summary>
    public static readonly RedisKey Probe = Prefix + "probe";

    /// <summary>The stream of announcements.</summary>
    public static readonly RedisKey Announcements = Prefix + "announcements";

    /// <summary>The names of the keys of nodes.</summary>
    public static readonly RedisKey Nodes = Prefix + "nodes";

    /// <summary>The decisions of operators on nodes.</summary>
    public static readonly RedisKey Verdicts = Prefix + "verdicts";

    /// <summary>The channel that says that there are new announcements.</summary>
    public static readonly RedisChannel Signal = RedisChannel.Literal("waystation:1:signal");

    /// <summary>The key of a node.</summary>
    public static RedisKey Node(string hiddenName) => $"{Prefix}node:{hiddenName}";

    /// <summary>The key of a shared value.</summary>
    public static RedisKey Value(string hiddenName) => $"{Prefix}value:{hiddenName}";
}
