using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Http.Headers;

/// <summary>The <c>Cache-Status</c> field (RFC 9211), which says how a request was served.</summary>
internal static class CacheStatus
{
    public const string Name = "Cache-Status";

    public const string Ticket = "waystation; hit; detail=ticket";

    /// <summary>The mirror's own files.</summary>
    public const string Snapshot = "waystation; hit; detail=snapshot";

    /// <summary>The response relies on refs that were recorded before an outage.</summary>
    public const string Stale = "waystation; hit; detail=stale";

    public static string Of(FetchOutcome outcome, bool willKeep) =>
        outcome switch
        {
            FetchOutcome.Hit => "waystation; hit",
            FetchOutcome.Local => "waystation; hit; detail=local",
            FetchOutcome.Peer => willKeep ? "waystation; fwd=miss; stored; detail=peer" : "waystation; fwd=miss; detail=peer",
            FetchOutcome.Join => "waystation; fwd=miss; collapsed",
            _ => willKeep ? "waystation; fwd=miss; stored" : "waystation; fwd=miss",
        };

    public static string Bypass(ForwardReason reason) => $"waystation; fwd=bypass; detail={reason.ToWord()}";
}
