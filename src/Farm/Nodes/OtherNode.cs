namespace Waystation.Farm.Nodes;

/// <summary>Another node, as this node sees it.</summary>
/// <param name="Node">The node, in the state that it has by the decisions of operators.</param>
/// <param name="Started">The time of its start, by its own clock.</param>
/// <param name="Ago">The time since it showed itself.</param>
/// <param name="IsAlive">Whether it has shown itself lately.</param>
internal sealed record OtherNode(FarmNode Node, DateTimeOffset Started, TimeSpan Ago, bool IsAlive)
{
    /// <summary>Whether it takes part.</summary>
    public bool IsMember => IsAlive && Node.State is (NodeState.Active or NodeState.Draining);

    /// <summary>A node by its entry.</summary>
    /// <param name="seen">The entry.</param>
    /// <param name="verdict">The last decision on it; null if there is none.</param>
    /// <param name="needsApproval">Whether a node without a decision is pending.</param>
    public static OtherNode Of((NodeEntry Entry, TimeSpan Ago, bool IsAlive) seen, Verdict? verdict, bool needsApproval)
    {
        NodeState state = verdict switch
        {
            { IsApproved: false } => NodeState.Removed,
            null when needsApproval => NodeState.Pending,
            _ => seen.Entry.State,
        };
        NodeEntry entry = seen.Entry;
        return new(new FarmNode(entry.Name, entry.Url, state, entry.Version, entry.Incarnation), entry.Started, seen.Ago, seen.IsAlive);
    }
}
