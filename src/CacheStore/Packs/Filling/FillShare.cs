namespace Waystation.CacheStore.Packs.Filling;

/// <summary>Who may read the pack of a fill.</summary>
internal enum FillShare
{
    /// <summary>Whoever follows it.</summary>
    Everybody,

    /// <summary>The starter only; it is not known yet whether the pack has exactly what its key says.</summary>
    Undecided,

    /// <summary>The starter only: the pack may have more.</summary>
    StarterOnly,
}
