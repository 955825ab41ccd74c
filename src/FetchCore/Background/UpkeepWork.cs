using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>
/// Upkeep of a mirror. After an upkeep it rests ten times as long as the upkeep took, so a busy mirror costs a tenth of a core at most. A
/// mirror that was given up and made again counts as one without upkeep. A mirror with a damaged file answers nobody before its upkeep, so
/// it rests for a moment only.
/// <para>
/// Nobody looks whether a mirror needs upkeep: a change of the mirror asks for it, and the mirror's record keeps that it did. What is asked
/// during an upkeep is asked again at its end, because only then it is known how long the mirror rests.
/// </para>
/// </summary>
public sealed class UpkeepWork(MirrorSet mirrors, MirrorUpkeep upkeep, TimeProvider time) : RepositoryWork
{
    private const int RestFactor = 10;

    private static readonly TimeSpan s_minRest = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<RepositoryName, Rest> _rests = new();
    private readonly ConcurrentDictionary<RepositoryName, bool> _running = new();
    private Action<RepositoryName, TimeSpan>? _whenAsked;

    /// <inheritdoc />
    public override WorkKind Kind => WorkKind.Upkeep;

    /// <inheritdoc />
    public override WorkLane Lane => WorkLane.Large;

    /// <summary>Calls <paramref name="enqueue"/> for each mirror that calls for upkeep, with the time after which it may begin.</summary>
    public void WhenAsked(Action<RepositoryName, TimeSpan> enqueue)
    {
        _whenAsked += enqueue;
        mirrors.WhenUpkeepAsked(Ask);
    }

    /// <summary>Asks for upkeep of every mirror that an earlier run left without it.</summary>
    public void AskForAllLeft()
    {
        foreach (Mirror mirror in mirrors.All().Where(static mirror => mirror.NeedsUpkeep))
        {
            Ask(mirror.Name);
        }
    }

    /// <summary>Asks for upkeep of a mirror if something is due that no change has asked for: somebody touched a file, say.</summary>
    public void AskIfDue(RepositoryName repository)
    {
        if (mirrors.Find(repository) is { } mirror && upkeep.IsDue(mirror))
        {
            Ask(repository);
        }
    }

    /// <inheritdoc />
    public override async Task RunAsync(RepositoryName repository, CancellationToken stopping)
    {
        if (mirrors.Find(repository) is not { } mirror)
        {
            _rests.TryRemove(repository, out _);
            return;
        }

        long begun = time.GetTimestamp();
        _running[repository] = true;
        try
        {
            await upkeep.RunAsync(mirror, stopping);
        }
        finally
        {
            TimeSpan pause = RestFactor * time.GetElapsedTime(begun);
            _rests[repository] = new Rest(mirror, time.GetTimestamp(), pause > s_minRest ? pause : s_minRest);
            _running.TryRemove(repository, out _);
        }

        if (mirrors.Peek(repository) != mirror)
        {
            return;
        }

        if (mirror.NeedsUpkeep && upkeep.IsDue(mirror))
        {
            Ask(repository);
        }
        else if (upkeep.OrphansExpireIn(mirror) is { } wait)
        {
            _whenAsked?.Invoke(repository, wait);
        }
    }

    private void Ask(RepositoryName repository)
    {
        if (!_running.ContainsKey(repository))
        {
            _whenAsked?.Invoke(repository, RestOf(repository));
        }
    }

    private TimeSpan RestOf(RepositoryName repository)
    {
        if (!_rests.TryGetValue(repository, out Rest? rest) || rest.Mirror != mirrors.Peek(repository))
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = (rest.Mirror.IsInDoubt ? s_minRest : rest.Pause) - time.GetElapsedTime(rest.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record Rest(Mirror Mirror, long Since, TimeSpan Pause);
}
