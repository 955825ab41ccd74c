using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Whether a pack brought objects that nothing leads to of what it was asked for.</summary>
public enum StrayObjects
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>It did. No ref leads to them, so they are orphans from the first moment.</summary>
    Some,

    /// <summary>The pack has too many objects to look at each. Upkeep finds it out; until then it counts as if there were some.</summary>
    Unknown,
}

/// <summary>What has come into a mirror with a pack.</summary>
/// <param name="Roots">What leads to all that came, but for strays: the objects that were wanted, and tips that were shown and came
/// along.</param>
/// <param name="Strays">Whether more came than that.</param>
public sealed record Brought(IReadOnlyCollection<ObjectId> Roots, StrayObjects Strays)
{
    /// <summary>No pack came.</summary>
    public static Brought Nothing { get; } = new([], StrayObjects.None);
}
