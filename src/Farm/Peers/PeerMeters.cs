using System.Diagnostics.Metrics;

namespace Waystation.Farm.Peers;

/// <summary>The counters of questions to other nodes.</summary>
internal sealed class PeerMeters
{
    private readonly Counter<long> _questions;

    public PeerMeters(Meter meter)
    {
        _questions = meter.CreateCounter<long>(
            "waystation_peer_questions_total",
            description: "Questions to other nodes of the farm, by `kind` and `result`. Kinds: `keeper`, the keeper of a mirror; "
                + "`holder`, a node that may have kept it before; `push`, a push that is handed over; `object`, a Git LFS "
                + "object. Results: `answered`, `none`, `failed`."
        );
        foreach (string kind in new[] { "keeper", "holder", "push", "object" })
        {
            foreach (string result in new[] { "answered", "none", "failed" })
            {
                Count(kind, result, 0);
            }
        }
    }

    /// <summary>A question for a pack has ended.</summary>
    public void Asked(bool isHeldOnly, string result) => Count(isHeldOnly ? "holder" : "keeper", result, 1);

    /// <summary>A question for an LFS object was answered.</summary>
    public void AskedForObject(string result) => Count("object", result, 1);

    /// <summary>A push was handed over, or not.</summary>
    public void HandedOver(bool isTaken) => Count("push", isTaken ? "answered" : "failed", 1);

    private void Count(string kind, string result, long by) =>
        _questions.Add(by, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("result", result));
}
