using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Whether a pack brought strays: objects to which none of the wanted objects leads.</summary>
public enum StrayObjects
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>It did. No ref leads to them, so they are orphans from the first moment.</summary>
    Some,

    /// <summary>The pack has too many objects to check each. Upkeep finds it out later; until then the pack counts as one with
    /// strays.</summary>
    Unknown,
}

/// <summary>The objects that a pack brought into a mirror.</summary>
/// <param name="Roots">The objects that lead to all new ones except strays: the wanted objects, and shown tips that came
/// with them.</param>
/// <param name="Strays">Whether there are others.</param>
public sealed record Brought(IReadOnlyCollection<ObjectId> Roots, StrayObjects Strays)
{
    /// <summary>No pack came.</summary>
    public static Brought Nothing { get; } = new([], StrayObjects.None);
}
