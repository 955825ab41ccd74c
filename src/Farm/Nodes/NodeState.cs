namespace Waystation.Farm.Nodes;

/// <summary>The state of a node in the farm.</summary>
public enum NodeState
{
    /// <summary>It waits for an operator's approval. It forwards requests and holds nothing.</summary>
    Pending,

    /// <summary>It may own repositories.</summary>
    Active,

    /// <summary>It is about to stop: it owns nothing, and gives others what it has.</summary>
    Draining,

    /// <summary>An operator has shut it out.</summary>
    Removed,
}
