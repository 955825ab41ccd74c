using Waystation.FetchCore;
using Waystation.Proxy.Http;
using Waystation.Proxy.Telemetry;
using Waystation.SshFrontend.Sessions;

namespace Waystation.Proxy.Ssh;

/// <summary>SSH sessions in the node's counters.</summary>
internal sealed class SshMeters(ProxyMeters meters) : ISessionMeters
{
    public void Fetched(FetchOutcome outcome, long bytes) => meters.Fetched(outcome, bytes);

    public void Bypassed(ForwardReason reason) => meters.Bypassed(CacheStatus.Word(reason));

    public void Busy() => meters.Bypassed("busy");

    public void Upstream(string kind) => meters.Upstream(kind);

    public void Opened() => meters.Opened();

    public void Closed() => meters.Closed();
}
