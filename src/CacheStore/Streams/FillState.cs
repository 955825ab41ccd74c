namespace Waystation.CacheStore.Streams;

/// <summary>The state of a file that is being filled. <see cref="Filling"/> becomes one of the others, once.</summary>
public enum FillState
{
    /// <summary>The writer is at work.</summary>
    Filling,

    /// <summary>The content is whole and checked.</summary>
    Whole,

    /// <summary>The content will never be whole.</summary>
    Failed,
}
