namespace Waystation.Farm.Nodes;

/// <summary>A node of the farm in the list for operators.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">The URL at which other nodes reach it; null if it has never shown itself.</param>
/// <param name="State"><c>pending</c>, <c>active</c>, <c>draining</c>, <c>removed</c>, or <c>gone</c>: not seen lately.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="Started">The time of its start, by its own clock.</param>
/// <param name="LastSeen">The time when it showed itself last, by this node's clock.</param>
/// <param name="Share">The share of the repositories that it owns, from 0 to 1.</param>
/// <param name="IsSelf">Whether it is the node that was asked.</param>
public sealed record ListedNode(
    string Name,
    Uri? Url,
    string State,
    string? Version,
    DateTimeOffset? Started,
    DateTimeOffset? LastSeen,
    double Share,
    bool IsSelf
);
