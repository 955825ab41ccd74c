using Waystation.CacheStore.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>The node's own reasons for not serving an object.</summary>
public static class LfsRefusals
{
    /// <summary>The object was evicted, and the primary's permission to download it anew is over.</summary>
    public static readonly LfsRefusal SourceIsOver = new(
        410,
        "this node has the object no longer, and the time of the primary's own URL is over; ask the batch API again"
    );

    /// <summary>A storage that the node cannot reach.</summary>
    public static LfsRefusal Unreachable(string host, string reason) => new(502, $"the storage {host} cannot be reached: {reason}");
}
