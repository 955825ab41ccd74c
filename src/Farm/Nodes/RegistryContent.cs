using StackExchange.Redis;

namespace Waystation.Farm.Nodes;

/// <summary>What Redis has of the nodes at one moment.</summary>
/// <param name="Raw">The entries as they are, by hidden name.</param>
/// <param name="Entries">The entries that nodes of the farm have sealed.</param>
/// <param name="Verdicts">The decisions of operators.</param>
internal sealed record RegistryContent(
    IReadOnlyDictionary<string, RedisValue> Raw,
    IReadOnlyList<NodeEntry> Entries,
    IReadOnlyList<Verdict> Verdicts
);
