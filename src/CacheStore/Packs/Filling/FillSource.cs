namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The source of a fill.</summary>
public enum FillSource
{
    /// <summary>The primary made it.</summary>
    Primary,

    /// <summary>Made here, from the mirror.</summary>
    Mirror,
}
