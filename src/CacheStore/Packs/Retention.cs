namespace Waystation.CacheStore.Packs;

/// <summary>Whether a fill is kept when it is whole, and whether it goes on without followers. It only falls.</summary>
internal enum Retention
{
    /// <summary>
    /// Not kept, not joined, and ended with its last reader: it is damaged, the disk refused it, the repository was purged, or the pack is
    /// for its starter only.
    /// </summary>
    Never,

    /// <summary>Ended with its last reader. When whole, it is kept if the plan says so or the pack was asked for again.</summary>
    WhileFollowed,

    /// <summary>Finished and kept, with or without followers.</summary>
    Always,
}
