using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>
/// Keeps mirrors in shape. It works beside the mirror, in a folder that sees its packs through links. Finished files are moved in, and
/// replaced files are deleted when their readers have gone. So no reader waits or breaks, and a node that is killed in the middle leaves
/// only files that the next start deletes.
/// <code>
///   check     files with another stamp: verified again, or the mirror is given up
///   sort out  after a ref was deleted or rewound: one pack of everything that refs lead to, the rest to the orphans' folder
///   tip       the newest commit and its files, in a pack of their own
///   roll up   many small packs to one, so that each is at least twice all smaller ones together
///   index     multi-pack-index with bitmaps, commit-graph
///   count     after a pack too large to check each object: whether there are as many objects as refs lead to
///   expire    orphans older than the grace period
/// </code>
/// </summary>
public sealed class MirrorUpkeep(
    GitProgram git,
    DataFolder folder,
    MirrorSet mirrors,
    MirrorOptions options,
    TimeProvider time,
    ILogger<MirrorUpkeep> logger
)
{
    private const string PackSuffix = ".pack";
    private const string IndexSuffix = ".idx";

    /// <summary>The number of attempts at work that a sync may interrupt.</summary>
    private const int MaxAttempts = 3;

    private const string MultiPackIndexFile = "pack/multi-pack-index";

    /// <summary>A reader that takes longer than this keeps the old packs until the next upkeep.</summary>
    private static readonly TimeSpan s_readerPatience = TimeSpan.FromSeconds(30);

    private static readonly string[] s_bounds = ["pack.threads=1", "pack.windowMemory=128m", "pack.deltaCacheSize=64m"];

    /// <summary>Whether a mirror's packs, index or orphans call for upkeep.</summary>
    public bool IsDue(Mirror mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return !mirror.Stamps.AllHold()
            || mirror.HasSettledOrphans
            || mirror.IsUnproven
            || !IsIndexed(mirror)
            || !IsTipPacked(mirror)
            || HasUnreadRemains(mirror)
            || ExpiredOrphans(mirror).Count > 0;
    }

    /// <summary>Does the work that is due. It runs beside readers and syncs, but never twice at a time for one mirror. It starts git
    /// processes, one after another.</summary>
    public async Task RunAsync(Mirror mirror, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        try
        {
            if (!await CheckAsync(mirror, stopping))
            {
                return;
            }

            if (mirror.HasSettledOrphans)
            {
                await TimeAsync(mirror, "sorted out orphans", () => SortOutAsync(mirror, stopping));
            }

            if (HasUnreadRemains(mirror))
            {
                await DropReplacedAsync(mirror, stopping);
            }

            bool isIndexed = IsIndexed(mirror);
            if (!isIndexed || !IsTipPacked(mirror))
            {
                await TimeAsync(mirror, "packed the tip", () => PackTipAsync(mirror, stopping));
            }

            if (!isIndexed)
            {
                await TimeAsync(mirror, "rolled up and indexed", () => RollUpAsync(mirror, stopping));
            }

            if (mirror.ReplacedTip.Count > 0)
            {
                await DropReplacedAsync(mirror, stopping);
            }

            if (mirror.IsUnproven)
            {
                await TimeAsync(mirror, "counted what refs lead to", () => CountAsync(mirror, stopping));
            }

            await ExpireOrphansAsync(mirror, stopping);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.MirrorUpkeepFailed(mirror.Name, e.Message);
        }
    }

    /// <summary>
    /// Whether the multi-pack-index covers exactly the present packs, and has its bitmap. The check reads only the files, so it holds after
    /// a restart, in a copy of the folder and after a change of the clock.
    /// </summary>
    private static bool IsIndexed(Mirror mirror)
    {
        List<string> packs = [.. Packs(mirror).Where(pack => !mirror.Replaced.Contains(pack))];
        return packs.Count == 0
            || (
                MultiPackIndex.PacksOf(Path.Combine(mirror.Objects, MultiPackIndexFile)) is { } indexed
                && indexed.SetEquals(packs.Select(static pack => Path.GetFileName(pack)))
                && Bitmaps(mirror).Exists(name => IsCurrent(mirror, name))
            );
    }

    /// <summary>Whether there is one pack if there is a newest commit, and none if there is not.</summary>
    private static bool IsTipPacked(Mirror mirror) =>
        TipOf(mirror) is null
            ? mirror.TipStamps.Bytes == 0 || FileStamps.FilesOf(mirror.Tip).All(mirror.ReplacedTip.Contains)
            : mirror.HasTip && Packs(mirror.Tip).Count(pack => !mirror.ReplacedTip.Contains(pack)) == 1;

    /// <summary>What was replaced may go now.</summary>
    private static bool HasUnreadRemains(Mirror mirror) => mirror.Replaced.Count + mirror.ReplacedTip.Count > 0 && !mirror.IsRead;

    private static RefTip? TipOf(Mirror mirror) => mirror.Refs.Find("HEAD");

    private static List<string> Packs(Mirror mirror) => Packs(mirror.Objects);

    private static List<string> Packs(string objects) =>
        [.. FileStamps.FilesOf(objects).Where(static name => name.EndsWith(PackSuffix, StringComparison.Ordinal))];

    private static IEnumerable<string> PartsOf(string pack) =>
        new[] { PackSuffix, ".idx", ".rev" }.Select(suffix => Path.ChangeExtension(pack, suffix));

    private async Task TimeAsync(Mirror mirror, string work, Func<Task> run)
    {
        long begun = time.GetTimestamp();
        await run();
        logger.MirrorUpkept(mirror.Name, work, time.GetElapsedTime(begun));
    }

    /// <summary>
    /// Verifies the files that have another stamp: after a copy of the data folder, a new owner or a restored backup these are all files,
    /// and none of them is damaged. False if the mirror was given up.
    /// </summary>
    private async Task<bool> CheckAsync(Mirror mirror, CancellationToken stopping)
    {
        await CheckTipAsync(mirror, stopping);
        IReadOnlyList<string> suspects = mirror.Stamps.Suspects();
        if (suspects.Count == 0)
        {
            return true;
        }

        foreach (
            string pack in suspects
                .Where(static name => Path.GetExtension(name) is PackSuffix or IndexSuffix)
                .Select(static name => Path.ChangeExtension(name, PackSuffix))
                .Distinct(StringComparer.Ordinal)
        )
        {
            if (await TroubleOfAsync(mirror, pack, stopping) is { } trouble)
            {
                mirrors.Quarantine(mirror, $"{Path.GetFileName(pack)} {trouble}");
                return false;
            }
        }

        // Files that are only for speed are made again if they are damaged.
        int damaged = 0;
        foreach (string name in suspects.Where(static name => Path.GetExtension(name) is not (PackSuffix or IndexSuffix)))
        {
            if (!await TrailingDigest.HoldsAsync(Path.Combine(mirror.Objects, name), mirror.ObjectFormat, stopping))
            {
                damaged++;
                mirror.Stamps.Delete(FileStamps.DerivedWith(mirror.Objects, name));
            }
        }

        mirror.Stamps.Trust(suspects);
        logger.MirrorChecked(mirror.Name, suspects.Count - damaged, damaged);
        return true;
    }

    /// <summary>The damage of a pack and its index; null if there is none.</summary>
    private async Task<string?> TroubleOfAsync(Mirror mirror, string pack, CancellationToken stopping)
    {
        string path = Path.Combine(mirror.Objects, pack),
            index = Path.ChangeExtension(path, IndexSuffix);
        if (new[] { path, index }.Any(static part => FileStamp.Of(part) is null))
        {
            // Gone, or something that git would wait for instead of reading it.
            return "is not there";
        }

        // git names a pack by its digest, and checked each object of this pack when it came, so equal bytes need no second check.
        if (
            mirror.Stamps.Knows(pack)
            && await TrailingDigest.ReadAsync(path, mirror.ObjectFormat, stopping) is { } digest
            && pack.Contains(digest, StringComparison.Ordinal)
            && await TrailingDigest.HoldsAsync(index, mirror.ObjectFormat, stopping)
        )
        {
            return null;
        }

        GitResult verified = await git.RunAsync(
            new GitCommand("index-pack", "--verify", $"--object-format={mirror.ObjectFormat.Name}", path) { Settings = s_bounds },
            stopping
        );
        return verified.ExitCode == 0 ? null : $"is damaged: {verified.Error.Trim()}";
    }

    /// <summary>Damage to the tip's pack is no damage to the mirror: it is packed again.</summary>
    private static async Task CheckTipAsync(Mirror mirror, CancellationToken stopping)
    {
        IReadOnlyList<string> suspects = mirror.TipStamps.Suspects();
        foreach (string name in suspects)
        {
            if (
                !mirror.TipStamps.Knows(name)
                || !await TrailingDigest.HoldsAsync(Path.Combine(mirror.Tip, name), mirror.ObjectFormat, stopping)
            )
            {
                return;
            }
        }

        if (suspects.Count > 0)
        {
            mirror.TipStamps.Trust(suspects);
        }
    }

    private async Task RollUpAsync(Mirror mirror, CancellationToken stopping)
    {
        using var scratch = new UpkeepObjectDirectory(folder);
        mirror.Replaced = mirror.Replaced.Intersect(Packs(mirror));
        List<string> packs = [.. Packs(mirror).Where(pack => !mirror.Replaced.Contains(pack))];
        List<string> small = Small(mirror, packs);
        if (small.Count > 1)
        {
            string input = string.Concat(small.Select(static pack => Path.GetFileName(pack) + "\n"));
            await PackAsync(mirror, scratch, ["--stdin-packs"], input, stopping);

            // If the others had no further objects, the result may be one of the input packs.
            List<string> made = scratch.Packs();
            small = [.. small.Where(pack => !made.Contains(Path.GetFileName(pack), StringComparer.Ordinal))];
            mirror.Replaced = mirror.Replaced.Except(made.Select(static pack => $"pack/{pack}"));
            mirror.Stamps.Adopt(scratch.Objects);
        }
        else
        {
            small = [];
        }

        List<string> oldBitmaps = Bitmaps(mirror);
        for (int attempt = 1; ; attempt++)
        {
            List<string> now = Packs(mirror);
            try
            {
                await IndexAsync(
                    mirror,
                    scratch,
                    now.Except(small, StringComparer.Ordinal).Where(pack => !mirror.Replaced.Contains(pack)),
                    withBitmap: true,
                    stopping
                );
                break;
            }
            catch (GitFailedException) when (attempt < MaxAttempts && !Packs(mirror).SequenceEqual(now, StringComparer.Ordinal))
            {
                // A sync brought a pack and refs that lead into it, after the packs were counted.
            }
        }

        mirror.Replaced = mirror.Replaced.Union(small);
        await DropReplacedAsync(
            mirror,
            stopping,
            oldBitmaps.Except(Bitmaps(mirror).Where(name => IsCurrent(mirror, name)), StringComparer.Ordinal)
        );
    }

    /// <summary>The packs that are rolled up: from the largest down, one stays while it is at least twice all smaller ones
    /// together.</summary>
    private static List<string> Small(Mirror mirror, List<string> packs)
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

    private async Task SortOutAsync(Mirror mirror, CancellationToken stopping)
    {
        using var scratch = new UpkeepObjectDirectory(folder);
        using var orphans = new UpkeepObjectDirectory(folder);
        // The long part, beside syncs; objects that these bring meanwhile are added in the mirror's turn.
        await PackAsync(mirror, scratch, ["--all", "--non-empty"], "", stopping);
        using IDisposable turn = await mirror.ChangeAsync(stopping);
        List<string> old = Packs(mirror);
        scratch.KeepPacks();
        await PackAsync(mirror, scratch, ["--all", "--honor-pack-keep", "--non-empty"], "", stopping);
        List<string> reached = scratch.Packs();

        // A pack that was all there is to keep comes out as it is, under its name.
        List<string> replaced = [.. old.Where(pack => !reached.Contains(Path.GetFileName(pack), StringComparer.Ordinal))];
        string input =
            string.Concat(replaced.Select(static pack => Path.GetFileName(pack) + "\n"))
            + string.Concat(reached.Select(static pack => $"^{pack}\n"));
        scratch.UnkeepPacks();
        await PackAsync(mirror, orphans, ["--stdin-packs", "--non-empty"], input, stopping, scratch.Objects);

        orphans.MoveTo(mirror.Orphans);
        mirror.Stamps.Adopt(scratch.Objects);
        List<string> derived = Bitmaps(mirror);
        if (reached.Count > 0)
        {
            await IndexAsync(mirror, scratch, reached.Select(static pack => $"pack/{pack}"), withBitmap: false, stopping);
        }
        else
        {
            derived.AddRange([MultiPackIndexFile, FileStamps.CommitGraph]);
        }

        if (await DropAsync(mirror, mirror.Stamps, [.. replaced.SelectMany(PartsOf), .. derived], stopping))
        {
            mirror.HasNoOrphans();
        }
    }

    /// <summary>With bitmaps git counts the objects that refs lead to without a walk. All other objects are orphans; if the numbers agree,
    /// there are none.</summary>
    private async Task CountAsync(Mirror mirror, CancellationToken stopping)
    {
        using IDisposable turn = await mirror.ChangeAsync(stopping);
        if (!IsIndexed(mirror))
        {
            return;
        }

        var command = new GitCommand("rev-list", "--all", "--objects", "--count", "--use-bitmap-index")
        {
            Repository = mirror.FitForGit(),
            Settings = s_bounds,
        };
        GitResult counted = await git.RunAsync(command, stopping);
        long ledTo = long.Parse(counted.OrThrow().Lines().Single(), CultureInfo.InvariantCulture);
        long all = Packs(mirror).Count == 0 ? 0 : MultiPackIndex.CountOf(Path.Combine(mirror.Objects, MultiPackIndexFile));
        if (ledTo == all)
        {
            mirror.HasNoOrphans();
        }
        else
        {
            mirror.HasOrphans();
        }
    }

    /// <summary>
    /// Packs the newest commit with its files but without its past, as for a clone of depth 1. Other packs store most of these objects as
    /// deltas, so git would have to compress them again for every such clone. This pack stores them in the form in which they are sent.
    /// Objects that the last such pack had are copied from it.
    /// </summary>
    private async Task PackTipAsync(Mirror mirror, CancellationToken stopping)
    {
        using var scratch = new UpkeepObjectDirectory(folder);
        List<string> old = [.. FileStamps.FilesOf(mirror.Tip).Union(mirror.TipStamps.Suspects(), StringComparer.Ordinal)];
        DataFolder.CreatePrivate(Path.Combine(mirror.Tip, "pack"));
        if (TipOf(mirror) is { Id: var tip })
        {
            await PackAsync(
                mirror,
                scratch,
                ["--revs", "--shallow"],
                $"--shallow {tip}\n{tip}\n",
                stopping,
                besides: mirror.HasTip ? mirror.Tip : null
            );
            await IndexPacksAsync(mirror, scratch, withBitmap: false, stopping);
            old = [.. old.Except(FileStamps.FilesOf(scratch.Objects), StringComparer.Ordinal)];
            mirror.TipStamps.Adopt(scratch.Objects);
        }

        mirror.ReplacedTip = [.. old];
    }

    /// <summary>Packs objects of the mirror, and of another object folder, whose multi-pack-index comes before the mirror's, into the
    /// scratch
    /// folder.</summary>
    private async Task PackAsync(
        Mirror mirror,
        UpkeepObjectDirectory scratch,
        string[] which,
        string input,
        CancellationToken stopping,
        string? besides = null
    )
    {
        GitResult packed = await git.RunAsync(
            Within(
                mirror,
                scratch,
                [
                    "pack-objects",
                    "--quiet",
                    "--delta-base-offset",
                    "--keep-true-parents",
                    .. which,
                    Path.Combine(scratch.Objects, "pack", "pack"),
                ]
            ) with
            {
                AlternateObjects = besides is null ? [mirror.Objects] : [besides, mirror.Objects],
            },
            Encoding.ASCII.GetBytes(input),
            stopping
        );
        packed.OrThrow();
    }

    /// <summary>Writes multi-pack-index and commit-graph over these packs of the mirror, and moves them in.</summary>
    private async Task IndexAsync(
        Mirror mirror,
        UpkeepObjectDirectory scratch,
        IEnumerable<string> packs,
        bool withBitmap,
        CancellationToken stopping
    )
    {
        scratch.Clear();
        foreach (string part in packs.SelectMany(PartsOf).Where(part => File.Exists(Path.Combine(mirror.Objects, part))))
        {
            File.CreateSymbolicLink(Path.Combine(scratch.Objects, part), Path.Combine(mirror.Objects, part));
        }

        await IndexPacksAsync(mirror, scratch, withBitmap, stopping);
        GitResult graph = await git.RunAsync(Within(mirror, scratch, "commit-graph", "write", "--reachable", "--no-progress"), stopping);
        graph.OrThrow();
        scratch.DeleteLinks();
        mirror.Stamps.Adopt(scratch.Objects);
    }

    /// <summary>Writes a multi-pack-index of the packs in the scratch folder.</summary>
    private async Task IndexPacksAsync(Mirror mirror, UpkeepObjectDirectory scratch, bool withBitmap, CancellationToken stopping)
    {
        GitResult index = await git.RunAsync(
            Within(mirror, scratch, ["multi-pack-index", "write", "--no-progress", .. withBitmap ? ["--bitmap"] : (string[])[]]),
            stopping
        );
        index.OrThrow();
    }

    private static GitCommand Within(Mirror mirror, UpkeepObjectDirectory scratch, params IReadOnlyList<string> arguments) =>
        new(arguments)
        {
            Repository = mirror.FitForGit(),
            ObjectDirectory = scratch.Objects,
            Settings = s_bounds,
        };

    /// <summary>Deletes replaced packs; those that are read for too long stay on the list.</summary>
    private async Task DropReplacedAsync(Mirror mirror, CancellationToken stopping, IEnumerable<string>? besides = null)
    {
        if (await DropAsync(mirror, mirror.Stamps, [.. mirror.Replaced.SelectMany(PartsOf), .. besides ?? []], stopping))
        {
            mirror.Replaced = [];
            mirror.TipStamps.Delete(mirror.ReplacedTip);
            mirror.ReplacedTip = [];
        }
    }

    /// <summary>Deletes files once they have no reader; false if that took too long.</summary>
    private async Task<bool> DropAsync(Mirror mirror, FileStamps stamps, IReadOnlyList<string> names, CancellationToken stopping)
    {
        try
        {
            await mirror.ReadersGoneAsync().WaitAsync(s_readerPatience, time, stopping);
        }
        catch (TimeoutException)
        {
            return false;
        }

        stamps.Delete(names);
        return true;
    }

    private static List<string> Bitmaps(Mirror mirror) =>
        [.. FileStamps.FilesOf(mirror.Objects).Where(static name => name.StartsWith(MultiPackIndexFile + "-", StringComparison.Ordinal))];

    /// <summary>A bitmap bears the trailer of its multi-pack-index as its name.</summary>
    private static bool IsCurrent(Mirror mirror, string bitmap)
    {
        using FileStream index = File.OpenRead(RegularFile.At(Path.Combine(mirror.Objects, MultiPackIndexFile)));
        byte[] trailer = new byte[mirror.ObjectFormat.DigestLength];
        index.Seek(-trailer.Length, SeekOrigin.End);
        index.ReadExactly(trailer);
        return bitmap.Contains(Convert.ToHexStringLower(trailer), StringComparison.Ordinal);
    }

    private List<string> ExpiredOrphans(Mirror mirror)
    {
        string packs = Path.Combine(mirror.Orphans, "pack");
        DateTime limit = time.GetUtcNow().UtcDateTime - options.OrphanGrace;
        return Directory.Exists(packs) ? [.. Directory.EnumerateFiles(packs).Where(file => File.GetLastWriteTimeUtc(file) < limit)] : [];
    }

    private async Task ExpireOrphansAsync(Mirror mirror, CancellationToken stopping)
    {
        List<string> expired = ExpiredOrphans(mirror);
        if (expired.Count > 0)
        {
            await mirror.ReadersGoneAsync().WaitAsync(stopping);
            expired.ForEach(File.Delete);
        }
    }
}
