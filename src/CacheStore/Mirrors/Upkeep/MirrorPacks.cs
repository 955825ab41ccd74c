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

    /// <summary>The number of packs beside the multi-pack-index that readers bear; git's own limit of packs (gc.autoPackLimit).</summary>
    private const int MaxBeside = 50;

    /// <summary>Bytes that may be written for each new pack.</summary>
    private const long WrittenForEach = 1L << 20;

    /// <summary>The packs in the index are at least so many times as long as those beside it.</summary>
    private const int MinTimesLonger = 10;

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

    /// <summary>
    /// Whether the present packs call for a new multi-pack-index, with all that is written along with it: the bitmap, the commit-graph and
    /// the tip's pack. These are a tenth of a mirror, and a few small packs beside them cost readers next to nothing. So upkeep writes a
    /// mebibyte for each new pack at most, until they are many or long.
    /// </summary>
    public static bool CallForIndex(Mirror mirror)
    {
        if (IsIndexed(mirror))
        {
            return false;
        }

        HashSet<string> present =
        [
            .. Of(mirror).Where(pack => !mirror.Replaced.Contains(pack)).Select(static pack => Path.GetFileName(pack)),
        ];
        if (
            MultiPackIndex.PacksOf(Path.Combine(mirror.Objects, IndexFile)) is not { } indexed
            || !indexed.IsSubsetOf(present)
            || !Bitmaps(mirror).Exists(name => IsCurrent(mirror, name))
        )
        {
            return true;
        }

        List<string> beside = [.. present.Where(pack => !indexed.Contains(pack))];
        return beside.Count >= MaxBeside
            || beside.Count * WrittenForEach >= BytesAround(mirror)
            || LengthOf(mirror, beside) * MinTimesLonger >= LengthOf(mirror, indexed);
    }

    /// <summary>Bytes of all that is written along with a multi-pack-index.</summary>
    private static long BytesAround(Mirror mirror) =>
        FileStamps
            .FilesOf(mirror.Objects)
            .Where(static name => name == FileStamps.CommitGraph || name.StartsWith(IndexFile, StringComparison.Ordinal))
            .Sum(name => LengthOf(Path.Combine(mirror.Objects, name))) + mirror.TipStamps.Bytes;

    private static long LengthOf(Mirror mirror, IEnumerable<string> packs) =>
        packs.Sum(pack => LengthOf(Path.Combine(mirror.Objects, "pack", pack)));

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

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
