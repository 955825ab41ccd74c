using System.Diagnostics.Metrics;

namespace Waystation.Proxy.Telemetry;

/// <summary>The counters of clients' connections and of webhooks; their names are the program's contract.</summary>
internal sealed class DoorMeters
{
    private readonly Counter<long> _hooks;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _connectionsEnded;
    private readonly Counter<long> _requestsRefused;

    public DoorMeters(Meter meter)
    {
        _hooks = meter.CreateCounter<long>(
            "waystation_hooks_total",
            description: "Webhooks received, by `forge` and `result`: `taken`, `refused` (signature), `malformed`, `too-large`, "
                + "`too-slow`, `no-room`, `failed` (secret file)."
        );
        _connections = meter.CreateUpDownCounter<long>("waystation_client_connections", description: "Connections of clients.");
        _connectionsEnded = meter.CreateCounter<long>(
            "waystation_client_connections_ended_total",
            description: "Connections of clients that the node ended or refused, by `reason`: `ended` or `refused` for want of room, "
                + "`silent`, `stalled`, and `malformed` for a PROXY header that cannot be read."
        );
        _requestsRefused = meter.CreateCounter<long>(
            "waystation_client_requests_refused_total",
            description: "Requests and SSH commands that the node refused before it asked the primary, by `reason`: `not-allowed` by a "
                + "list of clients, `address-rate`, `credential-rate`, or `crowd`, when too many of one address were under way."
        );
    }

    /// <param name="reason"><c>not-allowed</c> (a list of clients), <c>address-rate</c>, <c>credential-rate</c> or <c>crowd</c> (too many
    /// under way).</param>
    public void RequestRefused(string reason) => _requestsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void HookSeen(string forge, string result) => _hooks.Add(1, new("forge", forge), new("result", result));

    public void ConnectionOpened() => _connections.Add(1);

    public void ConnectionClosed() => _connections.Add(-1);

    /// <param name="reason"><c>ended</c> to make room, <c>refused</c>, <c>silent</c> (no request), <c>stalled</c> (nothing taken) or
    /// <c>malformed</c> (a header of the PROXY protocol).</param>
    public void ConnectionEnded(string reason) => _connectionsEnded.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
