namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>The shape of a farm in a test.</summary>
public sealed record FarmSettings
{
    /// <summary>The nodes that run from the start.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>The nodes that may be started later. The balancer knows them from the start.</summary>
    public int Later { get; init; }

    /// <summary>False for nodes that know nothing of each other.</summary>
    public bool HasRedis { get; init; } = true;

    /// <summary>Whether links between nodes can be cut. Otherwise nodes reach each other directly.</summary>
    public bool HasLinks { get; init; }

    /// <summary>nginx instead of HAProxy.</summary>
    public bool HasNginx { get; init; }

    /// <summary>Further options of every node.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
}
