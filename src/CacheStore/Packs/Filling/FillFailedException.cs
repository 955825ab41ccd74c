namespace Waystation.CacheStore.Packs.Filling;

/// <summary>A response ended before it was whole, and its reader cannot go on.</summary>
/// <param name="message">The reason, for the log.</param>
/// <param name="sourceError">The last message of the source (sideband 3), for the client; or null.</param>
/// <param name="inner">The cause.</param>
public sealed class FillFailedException(string message, string? sourceError = null, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The last message of the source (sideband 3), or null.</summary>
    public string? SourceError { get; } = sourceError;
}
