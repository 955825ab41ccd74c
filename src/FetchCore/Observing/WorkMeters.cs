using System.Diagnostics.Metrics;

namespace Waystation.FetchCore.Observing;

/// <summary>The metrics of background work; their names are the program's contract.</summary>
public sealed class WorkMeters
{
    private readonly Meter _meter;
    private readonly Counter<long> _done;
    private readonly Counter<long> _vetted;
    private readonly Counter<long> _pushes;
    private readonly Counter<long> _warmed;
    private readonly Counter<long> _prefetched;

    /// <summary>Makes the instruments on <paramref name="meter"/>.</summary>
    public WorkMeters(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _meter = meter;
        _vetted = meter.CreateCounter<long>(
            "waystation_vet_total",
            description: "What the vet found, by `result`: mirrors `checked`, `mended`, `failed`; shares `scrubbed`, files `damaged`."
        );
        _warmed = meter.CreateCounter<long>("waystation_warmed_total", description: "Packs made before a client asked.");
        _prefetched = meter.CreateCounter<long>(
            "waystation_lfs_prefetched_total",
            description: "Git LFS objects fetched before a client asked, by `result`: `done`, `failed`."
        );
        _pushes = meter.CreateCounter<long>(
            "waystation_pushes_seen_total",
            description: "Pushes that passed and were copied, by `result`: `taken` into the mirror, `refused` by the primary in whole "
                + "or in part, `dropped` for another reason."
        );
        _done = meter.CreateCounter<long>(
            "waystation_work_total",
            description: "Pieces of background work that have ended, by `kind` (`vet`, `warm`, `upkeep`) and `result` (`done`, "
                + "`failed`, `cancelled`)."
        );
    }

    /// <summary>Counts a piece of work that has ended.</summary>
    public void Done(WorkKind kind, string result) =>
        _done.Add(1, new KeyValuePair<string, object?>("kind", kind.ToWord()), new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a result of the vet.</summary>
    internal void Vetted(string result) => _vetted.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a pack that was made ahead.</summary>
    internal void Warmed() => _warmed.Add(1);

    /// <summary>Counts an LFS object that was fetched ahead, or did not come.</summary>
    internal void Prefetched(string result) => _prefetched.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Counts a push that passed.</summary>
    internal void PushSeen(string result) => _pushes.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Sets the source of the queue's length.</summary>
    internal void Observe(Func<int> waiting, Func<int> running, Func<int> failing)
    {
        _meter.CreateObservableGauge("waystation_work_waiting", waiting, description: "Pieces of background work that wait.");
        _meter.CreateObservableGauge("waystation_work_running", running, description: "Pieces of background work under way.");
        _meter.CreateObservableGauge(
            "waystation_work_failing",
            failing,
            description: "Pieces of background work that failed and are tried again."
        );
    }
}
