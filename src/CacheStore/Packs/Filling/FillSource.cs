namespace Waystation.CacheStore.Packs.Filling;

/// <summary>Where a fill has its answer from.</summary>
public enum FillSource
{
    /// <summary>The primary made it.</summary>
    Primary,

    /// <summary>Made here, from the mirror.</summary>
    Mirror,
}
