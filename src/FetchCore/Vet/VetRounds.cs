using Microsoft.Extensions.Hosting;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Scrubbing;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// The vet's rounds. Each enqueues a vet of every mirror that is due and upkeep of mirrors that need it, lets mirrors that were given up be
/// made again, and scrubs a share of the store, the whole of it within a day.
/// </summary>
public sealed class VetRounds : BackgroundService
{
    /// <summary>Steps in a round: a mirror that is due waits no longer than one step.</summary>
    private const int Steps = 12;

    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(200);

    private readonly MirrorSet _mirrors;
    private readonly VetWork _vet;
    private readonly UpkeepWork _upkeep;
    private readonly WorkQueue _queue;
    private readonly Scrubber _scrubber;
    private readonly VetReport _report;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;
    private readonly VetTimetable _timetable;

    /// <summary>Rounds of this length.</summary>
    public VetRounds(
        MirrorSet mirrors,
        IServicePrimaries services,
        VetWork vet,
        UpkeepWork upkeep,
        WorkQueue queue,
        Scrubber scrubber,
        VetReport report,
        VetOptions options,
        TimeProvider time
    )
    {
        ArgumentNullException.ThrowIfNull(mirrors);
        ArgumentNullException.ThrowIfNull(options);
        _mirrors = mirrors;
        _vet = vet;
        _upkeep = upkeep;
        _queue = queue;
        _scrubber = scrubber;
        _report = report;
        _time = time;
        _every = options.Every;
        _timetable = new VetTimetable(_every, time, new Random());
        mirrors.WhenGivenUp(name =>
        {
            if (services.Serves(name))
            {
                queue.Enqueue(WorkKind.Warm, name);
            }
        });
    }

    /// <summary>Vets every mirror now, for an operator. Returns their names.</summary>
    public IReadOnlyList<RepositoryName> VetAll()
    {
        List<RepositoryName> all = [.. _mirrors.All().Select(static mirror => mirror.Name).Where(_vet.Concerns)];
        all.ForEach(name => _queue.Enqueue(WorkKind.Vet, name));
        return all;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan step = _every / Steps;
        using var timer = new PeriodicTimer(step > s_shortestStep ? step : s_shortestStep, _time);
        for (int count = 0; ; count++)
        {
            if (count % Steps == 0)
            {
                _report.Begin();
            }

            IReadOnlyList<Mirror> all = _mirrors.All();
            foreach (
                RepositoryName due in _timetable.TakeDue([
                    .. all.Where(mirror => _vet.Concerns(mirror.Name)).Select(static mirror => (mirror.Name, mirror.Idle)),
                ])
            )
            {
                _queue.Enqueue(WorkKind.Vet, due);
            }

            foreach (Mirror mirror in all.Where(_upkeep.IsDue))
            {
                _queue.Enqueue(WorkKind.Upkeep, mirror.Name);
            }

            ScrubResult scrubbed = await _scrubber.RunAsync(step, stoppingToken);
            if (scrubbed.Bytes > 0)
            {
                _report.Scrubbed(scrubbed.Bytes, scrubbed.Damaged);
            }

            if (!await timer.WaitForNextTickAsync(stoppingToken))
            {
                return;
            }
        }
    }
}
