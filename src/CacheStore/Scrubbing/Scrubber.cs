using System.Runtime.InteropServices;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;

namespace Waystation.CacheStore.Scrubbing;

/// <summary>
/// Reads the stored files and compares them with their checksums before a client asks for them, because bits rot below the file system
/// without a trace in a file's stamp. It goes through the whole store within a day, file by file in the order of their names, and
/// continues at its position after a restart.
/// </summary>
public sealed class Scrubber(DiskPackTier packs, MirrorSet mirrors, LfsStore lfs, DataFolder folder)
{
    /// <summary>The time for the whole store, with some hours of the day to spare.</summary>
    private static readonly TimeSpan s_whole = TimeSpan.FromHours(20);

    private readonly Journal<Place> _journal = new(folder, "scrub.json");
    private string? _last;
    private double _owed;

    /// <summary>Scrubs the share of the store for this time, in whole files.</summary>
    /// <param name="span">The part of a day that has passed.</param>
    /// <param name="stopping">Ends it between two files or blocks.</param>
    public async Task<ScrubResult> RunAsync(TimeSpan span, CancellationToken stopping)
    {
        // The present files; files that are made meanwhile are younger than a day.
        List<ScrubItem> all =
        [
            .. packs
                .ScrubItems()
                .Concat(mirrors.All().SelectMany(mirrors.ScrubItems))
                .Concat(lfs.ScrubItems())
                .OrderBy(static item => item.Name, StringComparer.Ordinal),
        ];
        if (all.Count == 0)
        {
            return default;
        }

        _last ??= _journal.Read()?.Last ?? "";
        _owed += all.Sum(static item => (double)item.Length) * span.TotalSeconds / s_whole.TotalSeconds;
        (long bytes, int damaged) = (0, 0);
        int at = all.FindIndex(one => string.CompareOrdinal(one.Name, _last) > 0);
        for (int count = 0; _owed > 0 && count < all.Count; count++, at++)
        {
            ScrubItem item = all[at = at < 0 || at == all.Count ? 0 : at];
            bytes += item.Length;
            _owed -= item.Length;
            if (!await item.CheckAsync(stopping))
            {
                damaged++;
            }

            _last = item.Name;
        }

        if (bytes > 0)
        {
            _journal.Write(new Place(_last));
        }

        return new ScrubResult(bytes, damaged);
    }

    private sealed record Place(string Last);
}

/// <summary>What a share of scrubbing came to.</summary>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Damaged">Files that were not as they had been.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ScrubResult(long Bytes, int Damaged);
