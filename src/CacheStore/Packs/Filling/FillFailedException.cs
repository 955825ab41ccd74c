namespace Waystation.CacheStore.Packs.Filling;

/// <summary>An answer has ended before it was whole, and the reader of it cannot go on.</summary>
/// <param name="message">Why, for the log.</param>
/// <param name="sourceError">The source's own last words (sideband 3), to be told to the client; or null.</param>
/// <param name="inner">The cause.</param>
public sealed class FillFailedException(string message, string? sourceError = null, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The source's own last words (sideband 3), or null.</summary>
    public string? SourceError { get; } = sourceError;
}
