namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>This credential must come again later: the primary answered 429, or too many reads wait for it already.</summary>
/// <param name="message">The reason.</param>
/// <param name="retryAfter">The time after which to come again.</param>
public sealed class PrimaryBusyException(string message, TimeSpan retryAfter) : PrimaryException(message)
{
    /// <summary>The time after which to come again.</summary>
    public TimeSpan RetryAfter => retryAfter;

    /// <summary>Whether it concerns every credential, and not only this one.</summary>
    public bool ConcernsAll { get; init; }
}
