namespace Waystation.CacheStore.Lfs;

/// <summary>Where the bytes of a reading come from.</summary>
public enum LfsServed
{
    /// <summary>The object is stored.</summary>
    Hit,

    /// <summary>Another reading had begun the fill.</summary>
    Join,

    /// <summary>This reading began the fill.</summary>
    Fill,
}
