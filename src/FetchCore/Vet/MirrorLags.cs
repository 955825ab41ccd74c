using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Mirroring;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// When each mirror was last seen to have what the primary has, and since when it is known to lack something. Clients wait for neither:
/// what a mirror lacks is brought when they ask, so this is for operators.
/// </summary>
public sealed class MirrorLags
{
    private const int MaxRepositories = 65_536;

    private readonly TimeProvider _time;
    private readonly RecentMap<RepositoryName, MirrorLag> _lags;

    /// <summary>Listens to syncs, to refs that move, and to the vet.</summary>
    public MirrorLags(MirrorSync sync, SyncOnRefChange moved, VetReport report, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(sync);
        ArgumentNullException.ThrowIfNull(moved);
        ArgumentNullException.ThrowIfNull(report);
        _time = time;
        _lags = new RecentMap<RepositoryName, MirrorLag>(MaxRepositories, TimeSpan.FromDays(30), time);
        sync.WhenSynchronized(name => _lags.Set(name, new MirrorLag(time.GetUtcNow(), BehindSince: null)));
        report.WhenChecked(name => _lags.Set(name, new MirrorLag(time.GetUtcNow(), BehindSince: null)));
        moved.WhenMoved(name => _lags.Update(name, lag => new MirrorLag(lag?.Synced, lag?.BehindSince ?? time.GetTimestamp())));
    }

    /// <summary>When the mirror last had what the primary has; null if that is not known since the node started.</summary>
    public DateTimeOffset? SyncedAt(RepositoryName repository) => Find(repository)?.Synced;

    /// <summary>How long the mirror is known to lack something; null if nothing is known to lack.</summary>
    public TimeSpan? LagOf(RepositoryName repository) => Find(repository)?.BehindSince is { } since ? _time.GetElapsedTime(since) : null;

    private MirrorLag? Find(RepositoryName repository) => _lags.TryGet(repository, out MirrorLag? lag) ? lag : null;

    private sealed record MirrorLag(DateTimeOffset? Synced, long? BehindSince);
}
