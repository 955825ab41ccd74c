using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Options;
using Waystation.FetchCore.Lfs.Prefetch;
using Waystation.Primaries.Lfs;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Lfs</c>.</summary>
internal sealed class LfsServingOptions : LfsOptions
{
    [Setting(
        "The time that a signed URL for an object lives at most. The primary's own action may end earlier; then the URL does too.",
        Page = "lfs.md#what-is-served-from-where"
    )]
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UrlLifetime { get; init; } = TimeSpan.FromMinutes(10);

    [Setting(
        "The hosts beside the primary that the node asks for objects, such as s3.example.com or *.example.com. "
            + "Without any, it asks every host at a public address, and at an address of the kind that the primary has.",
        Default = "all with a public address",
        Page = "lfs.md#storage-on-another-host"
    )]
    [StorageHost]
    public IReadOnlyList<string> StorageHosts { get; init; } = [];

    public PrefetchOptions Prefetch { get; init; } = new();
}
