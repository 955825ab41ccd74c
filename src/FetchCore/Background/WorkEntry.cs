using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>One piece of work that waits, runs, or failed and waits to be tried again.</summary>
/// <param name="Kind">The kind of work.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Due">The time before which it does not begin.</param>
/// <param name="IsRunning">Whether it runs now.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="LastError">The last failure; null if there was none.</param>
public sealed record WorkEntry(
    WorkKind Kind,
    RepositoryName Repository,
    DateTimeOffset Due,
    bool IsRunning,
    int Failures,
    string? LastError
);
