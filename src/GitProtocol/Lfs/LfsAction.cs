namespace Waystation.GitProtocol.Lfs;

/// <summary>How a client reaches one object: the members of an action of the batch API (git-lfs docs/api/batch.md).</summary>
/// <param name="Href">The URL.</param>
/// <param name="Header">The header fields that the request must have.</param>
/// <param name="ExpiresIn">How long the action lives, from the answer on; null if the answer does not say it.</param>
/// <param name="ExpiresAt">When the action ends; null if the answer does not say it. <paramref name="ExpiresIn"/> goes before it.</param>
public sealed record LfsAction(
    string Href,
    IReadOnlyList<KeyValuePair<string, string>> Header,
    TimeSpan? ExpiresIn = null,
    DateTimeOffset? ExpiresAt = null
)
{
    /// <summary>How long the action lives after the answer came; null if the answer does not say it.</summary>
    /// <param name="now">When the answer came.</param>
    public TimeSpan? LifetimeFrom(DateTimeOffset now) => ExpiresIn ?? (ExpiresAt - now);
}
