using Waystation.CacheStore;
using Waystation.CacheStore.Flights;

namespace Waystation.FetchCore.Observing;

/// <summary>How the fetches of each repository were served since the node started, for operators.</summary>
public sealed class RepositoryTallies(TimeProvider time)
{
    private const int MaxRepositories = 16_384;

    private static readonly TimeSpan s_memory = TimeSpan.FromDays(30);

    private readonly RecentMap<RepositoryName, RepositoryTally> _tallies = new(MaxRepositories, s_memory, time);

    /// <summary>The tally of a repository.</summary>
    public RepositoryTally Of(RepositoryName repository) =>
        _tallies.TryGet(repository, out RepositoryTally? tally) ? tally : RepositoryTally.Nothing;

    /// <summary>Forgets the fetches of a repository.</summary>
    public void Forget(RepositoryName repository) => _tallies.Remove(repository);

    internal void Count(FetchRecord record)
    {
        if (record.From is null)
        {
            _tallies.Update(record.Repository, tally => (tally ?? RepositoryTally.Nothing).With(record));
        }
    }
}
