namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The source of a fill.</summary>
public enum FillSource
{
    /// <summary>The primary made it.</summary>
    Primary,

    /// <summary>Made here, from the mirror.</summary>
    Mirror,

    /// <summary>Another node had it or made it.</summary>
    Peer,
}
