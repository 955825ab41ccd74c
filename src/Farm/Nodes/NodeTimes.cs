namespace Waystation.Farm.Nodes;

/// <summary>How often nodes show themselves, and for how long they count as there.</summary>
/// <param name="Every">The time between two rounds.</param>
/// <param name="Lifetime">A node that has not shown itself for so long is gone.</param>
public sealed record NodeTimes(TimeSpan Every, TimeSpan Lifetime)
{
    /// <summary>The times of a node.</summary>
    public static NodeTimes Usual { get; } = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8));
}
