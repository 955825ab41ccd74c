namespace Waystation.CacheStore.Packs.Filling;

/// <summary>Who may read the pack of a fill.</summary>
internal enum FillShare
{
    /// <summary>Whoever follows it.</summary>
    Everybody,

    /// <summary>Its starter; it is not known yet whether the pack holds just what its key says.</summary>
    Undecided,

    /// <summary>Its starter alone: the pack may hold more.</summary>
    StarterOnly,
}
