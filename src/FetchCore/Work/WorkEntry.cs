using Waystation.CacheStore;

namespace Waystation.FetchCore.Work;

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

/// <summary>How much is done at once.</summary>
public sealed record WorkBounds
{
    /// <summary>Pieces of work of seconds at once.</summary>
    public int Small { get; init; } = 4;

    /// <summary>Pieces of work of minutes at once.</summary>
    public int Large { get; init; } = 2;

    /// <summary>Pieces of work at once that concern one primary.</summary>
    public int PerPrimary { get; init; } = 5;
}
