namespace Waystation.Farm.Examining;

/// <summary>What a look at the farm's Redis has found.</summary>
public sealed record FarmSight
{
    /// <summary>The reason why a node cannot use this Redis; null if it can.</summary>
    public string? Trouble { get; init; }

    /// <summary>The time of a question, the middle one of several.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The commands that a node needs and that Redis refuses to the node's user.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];

    /// <summary>The bound on memory in bytes; 0 is none.</summary>
    public long MaxMemory { get; init; }

    /// <summary>The memory in use, in bytes.</summary>
    public long UsedMemory { get; init; }

    /// <summary>What Redis does when the memory is full.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The nodes that have shown themselves, with their URLs.</summary>
    public IReadOnlyList<(string Name, Uri Url)> Nodes { get; init; } = [];

    /// <summary>The nodes whose entries no secret of this node opens.</summary>
    public int Strangers { get; init; }
}
