using System.Diagnostics.Metrics;

namespace Waystation.FetchCore.Observing;

/// <summary>The counters of requests, the same for every front end; their names are the program's contract.</summary>
public sealed class FetchMeters
{
    /// <summary>The name of the program's meter.</summary>
    public const string MeterName = "Waystation";

    private readonly Counter<long> _fetches;
    private readonly Counter<long> _fetchBytes;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _lfs;
    private readonly Counter<long> _lfsBytes;
    private readonly Counter<long> _peerFetches;
    private readonly Counter<long> _peerBytes;
    private readonly Counter<long> _upstream;
    private readonly Counter<long> _stale;
    private readonly UpDownCounter<long> _open;

    /// <param name="meter">Gets the instruments.</param>
    public FetchMeters(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _fetches = meter.CreateCounter<long>("waystation_fetches_total", description: "Fetches, by outcome.");
        _fetchBytes = meter.CreateCounter<long>("waystation_fetch_bytes_total", description: "Pack bytes sent to clients, by outcome.");
        _bypasses = meter.CreateCounter<long>(
            "waystation_bypasses_total",
            description: "Fetches forwarded to the primary unchanged, by reason."
        );
        _lfs = meter.CreateCounter<long>("waystation_lfs_downloads_total", description: "Downloads of LFS objects, by outcome.");
        _lfsBytes = meter.CreateCounter<long>(
            "waystation_lfs_bytes_total",
            description: "Bytes of LFS objects sent to clients, by outcome."
        );
        _peerFetches = meter.CreateCounter<long>(
            "waystation_peer_fetches_total",
            description: "Fetches that other nodes of the farm asked for, by outcome."
        );
        _peerBytes = meter.CreateCounter<long>(
            "waystation_peer_fetch_bytes_total",
            description: "Pack bytes sent to other nodes of the farm, by outcome."
        );
        _upstream = meter.CreateCounter<long>("waystation_upstream_requests_total", description: "Requests to the primary, by kind.");
        _stale = meter.CreateCounter<long>(
            "waystation_stale_answers_total",
            description: "Answers in an outage from recorded refs, by kind."
        );
        _open = meter.CreateUpDownCounter<long>("waystation_open_requests", description: "Client requests under way.");
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
            case { End: FetchEnd.Busy }:
                Bypassed("busy");
                break;
            case { Outcome: FetchOutcome.Bypass, Reason: { } reason }:
                Bypassed(reason.ToWord());
                break;
            case { Outcome: { } outcome }:
                _fetches.Add(1, Tag("outcome", outcome.ToWord()));
                _fetchBytes.Add(record.Bytes, Tag("outcome", outcome.ToWord()));
                break;
        }

        if (record.RefsAge is not null)
        {
            AnsweredStale("fetch");
        }
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

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
