using Waystation.CacheStore.Options;

namespace Waystation.CacheStore.Packs;

/// <summary>The section <c>PackCache</c>.</summary>
public sealed class PackCacheOptions
{
    /// <summary>Bytes that cached packs may take together.</summary>
    [Setting("Space for all cached packs together.", Page = "operations.md#size-eviction-and-the-disk-reserve")]
    public long MaxSize { get; init; } = 64L << 30;
}
