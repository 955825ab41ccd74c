namespace Waystation.CacheStore.Streams;

/// <summary>Where the filling of a file stands. <see cref="Filling"/> becomes one of the others, once.</summary>
public enum FillState
{
    /// <summary>The writer is at work.</summary>
    Filling,

    /// <summary>The content is whole and checked.</summary>
    Whole,

    /// <summary>The content will never be whole.</summary>
    Failed,
}
