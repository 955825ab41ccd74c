using Waystation.GitProtocol.Fetching;

namespace Waystation.CacheStore.Packs;

/// <summary>An answer that others follow has ended before it was whole.</summary>
/// <param name="message">Why, for the log.</param>
/// <param name="sourceError">What the source said on sideband 3, to be told to whoever follows; or null.</param>
/// <param name="inner">The cause.</param>
public sealed class FillFailedException(string message, string? sourceError = null, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The source's own last words (sideband 3), or null.</summary>
    public string? SourceError { get; } = sourceError;

    /// <summary>The answer is a round of negotiation and brings no pack: what it acknowledges, for all who asked; or null.</summary>
    public FetchPrologue? Round { get; init; }

    /// <summary>Nobody's answer can be made now, whoever asks: when to come again; or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The answer may hold more than this reader was shown: what it may have is to be found out anew.</summary>
    public bool IsForStarterOnly { get; init; }
}
