namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The readers that may have the pack of a fill.</summary>
internal enum FillShare
{
    /// <summary>Every reader.</summary>
    Everybody,

    /// <summary>Only the starter: it is not known yet whether the pack has exactly the objects that its key says.</summary>
    Undecided,

    /// <summary>Only the starter: the pack may have more objects.</summary>
    StarterOnly,
}
