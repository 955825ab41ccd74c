using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>What the node keeps on its disk.</summary>
internal sealed class StoreSizes(MirrorSet mirrors, DiskPackTier packs, LfsStore lfs, DataFolder folder)
{
    /// <summary>Bytes of all stores.</summary>
    public long All => mirrors.Bytes + packs.Bytes + lfs.Bytes;

    /// <summary>Bytes that are free on the disk of the data folder; 0 if the disk does not say.</summary>
    public long Free => Ask(static drive => drive.AvailableFreeSpace);

    /// <summary>Bytes of the disk of the data folder; 0 if the disk does not say.</summary>
    public long Disk => Ask(static drive => drive.TotalSize);

    private long Ask(Func<DriveInfo, long> question)
    {
        try
        {
            return question(new DriveInfo(folder.Root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
