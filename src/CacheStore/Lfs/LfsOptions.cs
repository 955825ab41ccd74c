using Waystation.CacheStore.Options;

namespace Waystation.CacheStore.Lfs;

/// <summary>The section <c>Lfs</c>.</summary>
public class LfsOptions
{
    /// <summary>Bytes that all stored objects may take together; 0 stores none.</summary>
    [Setting("Space for all Git LFS objects together. 0 keeps no objects.", Page = "operations.md#size-eviction-and-the-disk-reserve")]
    public long MaxSize { get; init; } = 256L << 30;
}
