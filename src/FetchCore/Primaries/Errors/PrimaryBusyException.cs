namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>This credential is not to ask now: the primary said so (429), or too many requests wait for it already.</summary>
/// <param name="message">Who said so.</param>
/// <param name="retryAfter">When to come again.</param>
public sealed class PrimaryBusyException(string message, TimeSpan retryAfter) : PrimaryException(message)
{
    /// <summary>When to come again.</summary>
    public TimeSpan RetryAfter => retryAfter;

    /// <summary>It is so for everybody, and not only for this credential.</summary>
    public bool ConcernsAll { get; init; }
}
