using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>One piece of work that waits, runs, or failed and waits to be tried again.</summary>
/// <param name="Kind">What.</param>
/// <param name="Repository">To which repository.</param>
/// <param name="Due">Not before.</param>
/// <param name="IsRunning">It is being done.</param>
/// <param name="Failures">How often it failed in a row.</param>
/// <param name="LastError">How it failed the last time.</param>
public sealed record WorkEntry(
    WorkKind Kind,
    RepositoryName Repository,
    DateTimeOffset Due,
    bool IsRunning,
    int Failures,
    string? LastError
);
