using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>
/// Upkeep of a mirror. After an upkeep it rests ten times as long as the upkeep took, so a busy mirror costs a tenth of a core at most. A
/// mirror that was given up and made again counts as one without upkeep.
/// </summary>
public sealed class UpkeepWork(MirrorSet mirrors, MirrorUpkeep upkeep, TimeProvider time) : RepositoryWork
{
    private const int RestFactor = 10;

    private static readonly TimeSpan s_minRest = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<RepositoryName, (Mirror Mirror, long Ended, TimeSpan Pause)> _last = new();

    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Upkeep;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Large;

    /// <summary>Whether a mirror needs upkeep and has rested.</summary>
    public bool IsDue(Mirror mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return RestOf(mirror.Name) == TimeSpan.Zero && upkeep.IsDue(mirror);
    }

    /// <summary>The time that a repository's mirror must still rest.</summary>
    public TimeSpan RestOf(RepositoryName repository)
    {
        if (!_last.TryGetValue(repository, out (Mirror Mirror, long Ended, TimeSpan Pause) last) || last.Mirror != mirrors.Find(repository))
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = last.Pause - time.GetElapsedTime(last.Ended);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (mirrors.Find(repository) is not { } mirror || !upkeep.IsDue(mirror))
        {
            return;
        }

        long begun = time.GetTimestamp();
        try
        {
            await upkeep.RunAsync(mirror, stopping);
        }
        finally
        {
            TimeSpan rest = RestFactor * time.GetElapsedTime(begun);
            _last[repository] = (mirror, time.GetTimestamp(), rest > s_minRest ? rest : s_minRest);
        }
    }
}
