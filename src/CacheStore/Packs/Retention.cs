namespace Waystation.CacheStore.Packs;

/// <summary>What a fill is worth when it is whole, and when nobody follows it any more. It only falls.</summary>
internal enum Retention
{
    /// <summary>
    /// Not kept, not joined, and ended with its last reader: damage was met in it, the disk refused it, the repository was purged, or the
    /// pack is its starter's alone.
    /// </summary>
    Never,

    /// <summary>Ended with its last reader. Whole, it is kept where the plan says so, or the answer was asked for again.</summary>
    WhileFollowed,

    /// <summary>Finished and kept, whoever follows.</summary>
    Always,
}
