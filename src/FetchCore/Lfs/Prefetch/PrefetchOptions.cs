using Waystation.CacheStore.Options;

namespace Waystation.FetchCore.Lfs.Prefetch;

/// <summary>The section <c>Lfs:Prefetch</c>: which Git LFS objects the node fetches before a client asks.</summary>
public sealed class PrefetchOptions
{
    private const string Page = "operations.md#kept-warm";

    /// <summary>The paths whose objects are fetched.</summary>
    [Setting(
        "Globs of the files whose Git LFS objects the node fetches ahead, after a sync or a push, with the service credential; * also "
            + "matches slashes, and * alone is all files.",
        Page = Page
    )]
    public IReadOnlyList<string> Include { get; init; } = ["*"];

    /// <summary>The paths that are left out.</summary>
    [Setting("Globs of files whose Git LFS objects are not fetched ahead; * fetches none.", Page = Page)]
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Bytes of the largest object that is fetched ahead.</summary>
    [Setting("The largest Git LFS object that is fetched ahead.", Page = Page)]
    public long MaxObjectSize { get; init; } = 1L << 30;
}
