namespace Waystation.CacheStore.Packs;

/// <summary>How much the pack cache may take.</summary>
public sealed class PackCacheOptions
{
    /// <summary>Bytes that cached answers may take together.</summary>
    public long MaxSize { get; set; } = 64L << 30;

    /// <summary>Bytes of the disk that stay free, whatever the cache would like.</summary>
    public long DiskReserve { get; set; } = 1L << 30;
}
