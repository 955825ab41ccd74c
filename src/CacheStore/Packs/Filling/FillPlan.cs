using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The purpose of a fill.</summary>
/// <param name="Key">The key of the pack.</param>
/// <param name="Repository">The repository.</param>
/// <param name="ObjectFormat">The object format, which decides the length of the pack's trailer.</param>
/// <param name="KeepAtOnce">Whether to keep the pack the first time, and to finish it without followers.</param>
public sealed record FillPlan(PackKey Key, RepositoryName Repository, ObjectFormat ObjectFormat, bool KeepAtOnce)
{
    /// <summary>Whether the fill first asks another node, which may ask this node in its turn.</summary>
    public bool AsksKeeper { get; init; }

    /// <summary>Whether a stranger asks for the pack.</summary>
    public bool IsOfStranger { get; init; }

    /// <summary>Whether the pack is made ahead, from the mirror: no client has asked for it yet.</summary>
    public bool IsAhead { get; init; }

    /// <summary>The clone of whole history whose pack it is; null for every other pack.</summary>
    public WholeClone? WholeClone { get; init; }
}
