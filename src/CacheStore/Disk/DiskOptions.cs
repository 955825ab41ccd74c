using Waystation.CacheStore.Options;

namespace Waystation.CacheStore.Disk;

/// <summary>The section <c>Disk</c>.</summary>
public sealed class DiskOptions
{
    /// <summary>Bytes that packs, mirrors and LFS objects may take together; 0 sets no limit for all together.</summary>
    [Setting(
        "Space for cached packs, mirrors and Git LFS objects together. 0 leaves it to their own limits and to `Disk:Reserve`.",
        Page = "operations.md#size-eviction-and-the-disk-reserve"
    )]
    public long MaxSize { get; init; }

    /// <summary>Bytes that stay free on the disk of the data folder, with any limits of the stores.</summary>
    [Setting("Space that stays free on the disk of the data folder.", Page = "operations.md#size-eviction-and-the-disk-reserve")]
    public long Reserve { get; init; } = 1L << 30;
}
