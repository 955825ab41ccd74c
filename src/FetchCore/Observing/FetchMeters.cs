using System.Diagnostics.Metrics;

namespace Waystation.FetchCore.Observing;

/// <summary>The counters of requests, the same for every front end; their names are the program's contract.</summary>
public sealed class FetchMeters
{
    /// <summary>The name of the program's meter.</summary>
    public const string MeterName = "Waystation";

    private readonly Meter _meter;
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _fetchBytes;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _snapshots;
    private readonly Counter<long> _snapshotRefusals;
    private readonly Histogram<double> _phases;
    private readonly Counter<long> _lfs;
    private readonly Counter<long> _lfsBytes;
    private readonly Counter<long> _peerFetches;
    private readonly Counter<long> _peerBytes;
    private readonly Counter<long> _upstream;
    private readonly Counter<long> _stale;
    private readonly UpDownCounter<long> _open;
    private readonly UpDownCounter<long> _waitingForRefs;

    /// <param name="meter">Gets the instruments.</param>
    public FetchMeters(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _meter = meter;
        _fetches = meter.CreateCounter<long>(
            "waystation_fetches_total",
            description: "Fetches, by `outcome`: `hit`, `join`, `local`, `peer` (another node of the farm), `forward` and `bypass`."
        );
        _fetchBytes = meter.CreateCounter<long>("waystation_fetch_bytes_total", description: "Pack bytes sent to clients, by `outcome`.");
        _bypasses = meter.CreateCounter<long>(
            "waystation_bypasses_total",
            description: "Fetches forwarded to the primary unchanged, by `reason`: the word in `Cache-Status`. Fetches that were told "
                + "to come again count as `busy`."
        );
        _snapshots = meter.CreateCounter<long>(
            "waystation_snapshots_total",
            description: "Snapshots of mirrors given to clients; they count as fetches with the outcome `hit` as well."
        );
        _snapshotRefusals = meter.CreateCounter<long>(
            "waystation_snapshot_refusals_total",
            description: "Snapshots that the node did not give, by `reason`; the client clones instead."
        );
        _phases = meter.CreateHistogram(
            "waystation_fetch_phase_seconds",
            unit: "s",
            description: "Seconds of each `phase` of a fetch, by `outcome`: `parse`, `access` (what the credential may read), `turn` (the "
                + "wait until the node may make one more pack), `first-byte` (from there to the first byte of the pack), `send`, `total`.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300],
            }
        );
        _lfs = meter.CreateCounter<long>(
            "waystation_lfs_downloads_total",
            description: "Downloads of Git LFS objects, by `outcome`: `hit`, `join` and `forward`."
        );
        _lfsBytes = meter.CreateCounter<long>(
            "waystation_lfs_bytes_total",
            description: "Bytes of Git LFS objects sent to clients, by `outcome`."
        );
        _peerFetches = meter.CreateCounter<long>(
            "waystation_peer_fetches_total",
            description: "Fetches that other nodes of the farm asked for, by `outcome`."
        );
        _peerBytes = meter.CreateCounter<long>(
            "waystation_peer_fetch_bytes_total",
            description: "Pack bytes sent to other nodes of the farm, by `outcome`."
        );
        _upstream = meter.CreateCounter<long>(
            "waystation_upstream_requests_total",
            description: "Requests to the primary, by `kind`: `info-refs`, `ls-refs`; `fetch` for the response to a client and to the "
                + "clients that share it; `sync` for a mirror; `upload-pack`, `receive-pack` and `other`, which pass unread; "
                + "`ssh` connections; `lfs-batch`, `lfs-object` and `lfs-authenticate`."
        );
        _stale = meter.CreateCounter<long>(
            "waystation_stale_answers_total",
            description: "Responses from records during an outage, by `kind`: `refs`, `fetch`, `lfs` (a batch response), `lfs-object`, "
                + "`lfs-authenticate`."
        );
        _open = meter.CreateUpDownCounter<long>("waystation_open_requests", description: "Requests of clients under way.");
        _waitingForRefs = meter.CreateUpDownCounter<long>(
            "waystation_refs_waiting",
            description: "Requests for refs that wait until the primary has answered an equal one. They share the next question."
        );
        foreach (FetchOutcome outcome in Enum.GetValues<FetchOutcome>())
        {
            _fetches.Add(0, Tag("outcome", outcome.ToWord()));
        }

        foreach (FetchOutcome outcome in new[] { FetchOutcome.Hit, FetchOutcome.Join, FetchOutcome.Forward })
        {
            _lfs.Add(0, Tag("outcome", outcome.ToWord()));
        }
    }

    /// <summary>Counts a fetch that has ended. A fetch that nobody served, because its primary did not answer, is not counted.</summary>
    internal void Count(FetchRecord record)
    {
        if (record is { Asked.IsSnapshot: true, Outcome: not null })
        {
            _snapshots.Add(1);
        }

        switch (record)
        {
            case { From: not null, Outcome: { } outcome }:
                _peerFetches.Add(1, Tag("outcome", outcome.ToWord()));
                _peerBytes.Add(record.Bytes, Tag("outcome", outcome.ToWord()));
                return;
            case { From: not null }:
                return;
            case { Lfs: not null, Outcome: { } outcome }:
                _lfs.Add(1, Tag("outcome", outcome.ToWord()));
                _lfsBytes.Add(record.Bytes, Tag("outcome", outcome.ToWord()));
                return;
            case { Lfs: not null }:
                return;
            case { Refusal: { } refusal }:
                _snapshotRefusals.Add(1, Tag("reason", refusal.ToWord()));
                return;
            case { End: FetchEnd.Busy }:
                Bypassed("busy");
                break;
            case { Outcome: FetchOutcome.Bypass, Reason: { } reason }:
                Bypassed(reason.ToWord());
                break;
            case { Outcome: { } outcome }:
                _fetches.Add(1, Tag("outcome", outcome.ToWord()));
                _fetchBytes.Add(record.Bytes, Tag("outcome", outcome.ToWord()));
                Measured(record.Times, Tag("outcome", outcome.ToWord()));
                break;
        }

        if (record.RefsAge is not null)
        {
            AnsweredStale("fetch");
        }
    }

    private void Measured(FetchTimes times, KeyValuePair<string, object?> outcome)
    {
        Phase("parse", times.Parse);
        Phase("access", times.Access);
        Phase("turn", times.Turn);
        Phase("first-byte", times.FirstByte);
        Phase("send", times.Send);
        Phase("total", times.Total);

        void Phase(string phase, TimeSpan lasted) => _phases.Record(lasted.TotalSeconds, Tag("phase", phase), outcome);
    }

    private void Bypassed(string reason)
    {
        _fetches.Add(1, Tag("outcome", FetchOutcome.Bypass.ToWord()));
        _bypasses.Add(1, Tag("reason", reason));
    }

    /// <summary>Counts a request to the primary, such as <c>ls-refs</c>.</summary>
    public void Upstream(string kind) => _upstream.Add(1, Tag("kind", kind));

    /// <summary>Counts an answer from recorded refs in an outage.</summary>
    /// <param name="kind"><c>refs</c> or <c>fetch</c>.</param>
    public void AnsweredStale(string kind) => _stale.Add(1, Tag("kind", kind));

    /// <summary>A request, or a session, began.</summary>
    public void Opened() => _open.Add(1);

    /// <summary>A request, or a session, ended.</summary>
    public void Closed() => _open.Add(-1);

    /// <summary>Sets the source of the memory that access tickets take.</summary>
    public void ObserveTickets(Func<long> bytes) =>
        _meter.CreateObservableGauge(
            "waystation_ticket_bytes",
            bytes,
            description: "Bytes in memory of all access tickets and records, with the listings of refs that they share."
        );

    /// <summary>A request for refs waits for the answer to an equal one.</summary>
    internal void RefsWait() => _waitingForRefs.Add(1);

    /// <summary>Such a request has got its place on the next question, or has left.</summary>
    internal void RefsWaited() => _waitingForRefs.Add(-1);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
