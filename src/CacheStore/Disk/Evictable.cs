namespace Waystation.CacheStore.Disk;

/// <summary>The things of a store among which an eviction chooses.</summary>
internal enum Evictable
{
    /// <summary>Those that strangers brought in and that no other client has used.</summary>
    OfStrangers,

    /// <summary>The others, if no client has used them for <see cref="Worths.Unused"/>.</summary>
    LongUnused,

    /// <summary>The others.</summary>
    OfKnown,
}
