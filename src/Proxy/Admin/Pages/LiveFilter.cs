using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>The fetches that a reader of live requests wants to see.</summary>
/// <param name="Repository">Only fetches of this repository; null for all.</param>
/// <param name="Outcomes">Only fetches that were served in one of these ways; empty for all. One that began has no outcome yet.</param>
internal sealed record LiveFilter(RepositoryName? Repository, IReadOnlySet<FetchOutcome> Outcomes)
{
    public bool Shows(LiveFetch fetch) => IsOf(fetch.Repository) && IsOf(fetch.Outcome);

    public bool Shows(FetchRecord record) => IsOf(record.Repository) && IsOf(record.Outcome);

    private bool IsOf(RepositoryName repository) => Repository is null || Repository == repository;

    private bool IsOf(FetchOutcome? outcome) => Outcomes.Count == 0 || (outcome is { } known && Outcomes.Contains(known));
}
