using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>The packs, indexes and bitmaps of a mirror, and whether they are in shape.</summary>
internal static class MirrorPacks
{
    public const string Suffix = ".pack";
    public const string IndexSuffix = ".idx";

    /// <summary>The multi-pack-index, by its path in the object folder.</summary>
    public const string IndexFile = "pack/multi-pack-index";

    /// <summary>
    /// Whether the multi-pack-index covers exactly the present packs, and has its bitmap. The check reads only the files, so it holds after
    /// a restart, in a copy of the folder and after a change of the clock.
    /// </summary>
    public static bool IsIndexed(Mirror mirror)
    {
        List<string> packs = [.. Of(mirror).Where(pack => !mirror.Replaced.Contains(pack))];
        return packs.Count == 0
            || (
                MultiPackIndex.PacksOf(Path.Combine(mirror.Objects, IndexFile)) is { } indexed
                && indexed.SetEquals(packs.Select(static pack => Path.GetFileName(pack)))
                && Bitmaps(mirror).Exists(name => IsCurrent(mirror, name))
            );
    }

    /// <summary>Whether there is one pack if there is a newest commit, and none if there is not.</summary>
    public static bool IsTipPacked(Mirror mirror) =>
        TipOf(mirror) is null
            ? mirror.TipStamps.Bytes == 0 || FileStamps.FilesOf(mirror.Tip).All(mirror.ReplacedTip.Contains)
            : mirror.HasTip && PacksIn(mirror.Tip).Count(pack => !mirror.ReplacedTip.Contains(pack)) == 1;

    /// <summary>The replaced files may be deleted now.</summary>
    public static bool HasUnreadRemains(Mirror mirror) => mirror.Replaced.Count + mirror.ReplacedTip.Count > 0 && !mirror.IsRead;

    /// <summary>The newest commit; null where there is none.</summary>
    public static RefTip? TipOf(Mirror mirror) => mirror.Refs.Find("HEAD");

    /// <summary>All packs, by their path in the object folder.</summary>
    public static List<string> Of(Mirror mirror) => PacksIn(mirror.Objects);

    private static List<string> PacksIn(string objects) =>
        [.. FileStamps.FilesOf(objects).Where(static name => name.EndsWith(Suffix, StringComparison.Ordinal))];

    /// <summary>The files of a pack.</summary>
    public static IEnumerable<string> PartsOf(string pack) =>
        new[] { Suffix, IndexSuffix, ".rev" }.Select(suffix => Path.ChangeExtension(pack, suffix));

    /// <summary>The packs that are rolled up: from the largest down, one stays while it is at least twice all smaller ones
    /// together.</summary>
    public static List<string> Small(Mirror mirror, List<string> packs)
    {
        List<(string Name, long Size)> bySize =
        [
            .. packs
                .Select(name => (name, new FileInfo(Path.Combine(mirror.Objects, name)).Length))
                .OrderByDescending(static pack => pack.Length),
        ];
        int kept = 0;
        while (kept < bySize.Count && bySize[kept].Size >= 2 * bySize.Skip(kept + 1).Sum(static pack => pack.Size))
        {
            kept++;
        }

        return [.. bySize.Skip(kept).Select(static pack => pack.Name)];
    }

    /// <summary>The bitmaps of multi-pack-indexes, that of the present one among them.</summary>
    public static List<string> Bitmaps(Mirror mirror) =>
        [.. FileStamps.FilesOf(mirror.Objects).Where(static name => name.StartsWith(IndexFile + "-", StringComparison.Ordinal))];

    /// <summary>A bitmap bears the trailer of its multi-pack-index as its name.</summary>
    public static bool IsCurrent(Mirror mirror, string bitmap)
    {
        using FileStream index = File.OpenRead(RegularFile.At(Path.Combine(mirror.Objects, IndexFile)));
        byte[] trailer = new byte[mirror.ObjectFormat.DigestLength];
        index.Seek(-trailer.Length, SeekOrigin.End);
        index.ReadExactly(trailer);
        return bitmap.Contains(Convert.ToHexStringLower(trailer), StringComparison.Ordinal);
    }
}
