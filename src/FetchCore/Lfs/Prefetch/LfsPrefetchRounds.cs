using Microsoft.Extensions.Hosting;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Vet;

namespace Waystation.FetchCore.Lfs.Prefetch;

/// <summary>
/// Enqueues the prefetch of a mirror when a sync or a push has moved its refs, and a little later for a mirror that is new, or that an
/// earlier run of the node left.
/// </summary>
public sealed class LfsPrefetchRounds : BackgroundService
{
    private const int StepsInRound = 12;

    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(200);

    private readonly LfsPrefetch _prefetch;
    private readonly MirrorSet _mirrors;
    private readonly WorkQueue _queue;
    private readonly TimeProvider _time;
    private readonly TimeSpan _step;

    /// <summary>Looks at the mirrors as often as the vet does.</summary>
    public LfsPrefetchRounds(LfsPrefetch prefetch, MirrorSet mirrors, MirrorSync sync, WorkQueue queue, VetOptions vet, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(sync);
        ArgumentNullException.ThrowIfNull(vet);
        (_prefetch, _mirrors, _queue, _time) = (prefetch, mirrors, queue, time);
        _step = vet.Every / StepsInRound is var step && step > s_shortestStep ? step : s_shortestStep;
        sync.WhenSynchronized(repository =>
        {
            if (mirrors.Find(repository) is { } mirror && prefetch.IsDue(mirror))
            {
                queue.Enqueue(WorkKind.Prefetch, repository);
            }
        });
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_step, _time);
        do
        {
            foreach (Mirror mirror in _mirrors.All().Where(_prefetch.IsDue))
            {
                _queue.Enqueue(WorkKind.Prefetch, mirror.Name);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
