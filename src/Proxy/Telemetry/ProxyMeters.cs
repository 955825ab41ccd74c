using System.Diagnostics.Metrics;
using Waystation.FetchCore;

namespace Waystation.Proxy.Telemetry;

/// <summary>What the front end counts; the names are the program's contract.</summary>
internal sealed class ProxyMeters
{
    public const string MeterName = "Waystation";

    private readonly Counter<long> _fetches;
    private readonly Counter<long> _fetchBytes;
    private readonly Counter<long> _bypasses;
    private readonly Counter<long> _upstream;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _hooks;
    private readonly UpDownCounter<long> _open;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _connectionsEnded;

    public ProxyMeters(Meter meter)
    {
        _fetches = meter.CreateCounter<long>("waystation_fetches_total", description: "Fetches by how they were served.");
        _fetchBytes = meter.CreateCounter<long>(
            "waystation_fetch_bytes_total",
            description: "Pack bytes sent to clients, by how they were served."
        );
        _bypasses = meter.CreateCounter<long>(
            "waystation_bypasses_total",
            description: "Fetches handed to the primary as they came, by reason."
        );
        _upstream = meter.CreateCounter<long>("waystation_upstream_requests_total", description: "Requests to the primary, by kind.");
        _stale = meter.CreateCounter<long>(
            "waystation_stale_answers_total",
            description: "Answers given in an outage from what was recorded before it, by kind."
        );
        _hooks = meter.CreateCounter<long>("waystation_hooks_total", description: "Webhooks received, by forge and what came of them.");
        _open = meter.CreateUpDownCounter<long>("waystation_open_requests", description: "Client requests under way.");
        _connections = meter.CreateUpDownCounter<long>("waystation_client_connections", description: "Connections of clients.");
        _connectionsEnded = meter.CreateCounter<long>(
            "waystation_client_connections_ended_total",
            description: "Connections of clients that the node ended or refused, by reason."
        );
        foreach (FetchOutcome outcome in Enum.GetValues<FetchOutcome>())
        {
            _fetches.Add(0, Tag("outcome", Word(outcome)));
        }
    }

    public void Fetched(FetchOutcome outcome, long bytes)
    {
        _fetches.Add(1, Tag("outcome", Word(outcome)));
        _fetchBytes.Add(bytes, Tag("outcome", Word(outcome)));
    }

    public void Bypassed(string reason)
    {
        _fetches.Add(1, Tag("outcome", Word(FetchOutcome.Bypass)));
        _bypasses.Add(1, Tag("reason", reason));
    }

    public void Upstream(string kind) => _upstream.Add(1, Tag("kind", kind));

    /// <param name="kind"><c>refs</c> or <c>fetch</c>.</param>
    public void AnsweredStale(string kind) => _stale.Add(1, Tag("kind", kind));

    public void HookSeen(string forge, string result) => _hooks.Add(1, Tag("forge", forge), Tag("result", result));

    public void Opened() => _open.Add(1);

    public void Closed() => _open.Add(-1);

    public void ConnectionOpened() => _connections.Add(1);

    public void ConnectionClosed() => _connections.Add(-1);

    /// <param name="reason"><c>ended</c> to make room, <c>refused</c>, <c>silent</c> (no request) or <c>stalled</c> (nothing
    /// taken).</param>
    public void ConnectionEnded(string reason) => _connectionsEnded.Add(1, Tag("reason", reason));

    private static string Word(FetchOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
