using Microsoft.Extensions.Hosting;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// The vet's rounds. Each enqueues a vet of every mirror that is due, and takes out of memory what nobody uses. It looks at no file.
/// Beside the rounds it enqueues upkeep where a change asks for it, and lets mirrors that were given up be made again.
/// </summary>
public sealed class VetRounds : BackgroundService
{
    /// <summary>Longer than a CI pipeline fetches from one repository, now and then.</summary>
    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(5);

    private readonly MirrorSet _mirrors;
    private readonly VetWork _vet;
    private readonly UpkeepWork _upkeep;
    private readonly WorkQueue _queue;
    private readonly VetReport _report;
    private readonly TimeProvider _time;
    private readonly TimeSpan _step;
    private readonly VetTimetable _timetable;

    /// <summary>Rounds of this length.</summary>
    public VetRounds(
        MirrorSet mirrors,
        IServicePrimaries services,
        VetWork vet,
        UpkeepWork upkeep,
        WorkQueue queue,
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
        _report = report;
        _time = time;
        _timetable = new VetTimetable(options.Every, time, new Random());
        _step = options.Step;
        // A little later, as after a clone more is asked of the same mirror.
        upkeep.WhenAsked((name, wait) => queue.Enqueue(WorkKind.Upkeep, name, wait > _step ? wait : _step));
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
        _upkeep.AskForAllLeft();
        using var timer = new PeriodicTimer(_step, _time);
        for (int count = 0; ; count++)
        {
            if (count % VetOptions.StepsOfRound == 0)
            {
                _report.Begin();
            }

            IReadOnlyList<Mirror> all = _mirrors.All();
            // The settings are asked about the few that are due, not about all.
            foreach (
                RepositoryName due in _timetable.TakeDue([.. all.Select(static mirror => (mirror.Name, mirror.Idle))]).Where(_vet.Concerns)
            )
            {
                _queue.Enqueue(WorkKind.Vet, due);
            }

            _mirrors.Release(s_unused);

            if (!await timer.WaitForNextTickAsync(stoppingToken))
            {
                return;
            }
        }
    }
}
