using System.Globalization;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;

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
    /// <summary>The number of attempts at work that a sync may interrupt.</summary>
    private const int MaxAttempts = 3;

    /// <summary>A reader that takes longer than this keeps the old packs until the next upkeep.</summary>
    private static readonly TimeSpan s_readerPatience = TimeSpan.FromSeconds(30);

    private readonly MirrorCheck _check = new(git, mirrors, logger);
    private readonly UpkeepPacking _packing = new(git);

    /// <summary>Whether a mirror's packs, index or orphans call for upkeep.</summary>
    public bool IsDue(Mirror mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        return !mirror.Stamps.AllHold()
            || mirror.HasSettledOrphans
            || mirror.IsUnproven
            || MirrorPacks.CallForIndex(mirror)
            || !MirrorPacks.IsTipPacked(mirror)
            || MirrorPacks.HasUnreadRemains(mirror)
            || ExpiredOrphans(mirror).Count > 0;
    }

    /// <summary>Does the work that is due. It runs beside readers and syncs, but never twice at a time for one mirror. It starts git
    /// processes, one after another.</summary>
    public async Task RunAsync(Mirror mirror, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        try
        {
            if (!await _check.RunAsync(mirror, stopping))
            {
                return;
            }

            if (mirror.HasSettledOrphans)
            {
                await TimeAsync(mirror, "sorted out orphans", () => SortOutAsync(mirror, stopping));
            }

            if (MirrorPacks.HasUnreadRemains(mirror))
            {
                await DropReplacedAsync(mirror, stopping);
            }

            bool isIndexed = MirrorPacks.IsIndexed(mirror);
            if (!isIndexed || !MirrorPacks.IsTipPacked(mirror))
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
            NoteUpkept(mirror);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.MirrorUpkeepFailed(mirror.Name, e.Message);
        }
    }

    /// <summary>The time until orphans of the mirror expire; null if it has none.</summary>
    public TimeSpan? OrphansExpireIn(Mirror mirror)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        DateTime? oldest = OrphanFiles(mirror).Min(static file => (DateTime?)File.GetLastWriteTimeUtc(file));
        return oldest + options.OrphanGrace - time.GetUtcNow().UtcDateTime;
    }

    private void NoteUpkept(Mirror mirror)
    {
        long asked = mirror.UpkeepAsked;
        if (!IsDue(mirror) && mirror.Replaced.Count + mirror.ReplacedTip.Count == 0)
        {
            mirror.NoteUpkept(asked);
        }
    }

    private async Task TimeAsync(Mirror mirror, string work, Func<Task> run)
    {
        long begun = time.GetTimestamp();
        await run();
        logger.MirrorUpkept(mirror.Name, work, time.GetElapsedTime(begun));
    }

    private async Task RollUpAsync(Mirror mirror, CancellationToken stopping)
    {
        using var scratch = new UpkeepObjectDirectory(folder);
        mirror.Replaced = mirror.Replaced.Intersect(MirrorPacks.Of(mirror));
        List<string> packs = [.. MirrorPacks.Of(mirror).Where(pack => !mirror.Replaced.Contains(pack))];
        List<string> small = MirrorPacks.Small(mirror, packs);
        if (small.Count > 1)
        {
            string input = string.Concat(small.Select(static pack => Path.GetFileName(pack) + "\n"));
            await _packing.PackAsync(mirror, scratch, ["--stdin-packs"], input, stopping);

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

        List<string> oldBitmaps = MirrorPacks.Bitmaps(mirror);
        for (int attempt = 1; ; attempt++)
        {
            List<string> now = MirrorPacks.Of(mirror);
            try
            {
                await _packing.IndexAsync(
                    mirror,
                    scratch,
                    now.Except(small, StringComparer.Ordinal).Where(pack => !mirror.Replaced.Contains(pack)),
                    withBitmap: true,
                    stopping
                );
                break;
            }
            catch (GitFailedException) when (attempt < MaxAttempts && !MirrorPacks.Of(mirror).SequenceEqual(now, StringComparer.Ordinal))
            {
                // A sync brought a pack and refs that lead into it, after the packs were counted.
            }
        }

        mirror.Replaced = mirror.Replaced.Union(small);
        await DropReplacedAsync(
            mirror,
            stopping,
            oldBitmaps.Except(MirrorPacks.Bitmaps(mirror).Where(name => MirrorPacks.IsCurrent(mirror, name)), StringComparer.Ordinal)
        );
    }

    private async Task SortOutAsync(Mirror mirror, CancellationToken stopping)
    {
        using var scratch = new UpkeepObjectDirectory(folder);
        using var orphans = new UpkeepObjectDirectory(folder);
        // The long part runs beside syncs. Objects that these bring meanwhile are added in the mirror's turn.
        await _packing.PackAsync(mirror, scratch, ["--all", "--non-empty"], "", stopping);
        // Syncs wait for the turn.
        using IDisposable turn = await mirror.ChangeAsync(stopping);
        List<string> old = MirrorPacks.Of(mirror);
        scratch.KeepPacks();
        await _packing.PackAsync(
            mirror,
            scratch,
            ["--all", "--honor-pack-keep", "--non-empty"],
            "",
            stopping,
            priority: GitPriority.Request
        );
        List<string> reached = scratch.Packs();

        // If one pack has all objects that are to stay, git makes the same pack again, with the same name.
        List<string> replaced = [.. old.Where(pack => !reached.Contains(Path.GetFileName(pack), StringComparer.Ordinal))];
        string input =
            string.Concat(replaced.Select(static pack => Path.GetFileName(pack) + "\n"))
            + string.Concat(reached.Select(static pack => $"^{pack}\n"));
        scratch.UnkeepPacks();
        await _packing.PackAsync(mirror, orphans, ["--stdin-packs", "--non-empty"], input, stopping, scratch.Objects, GitPriority.Request);

        orphans.MoveTo(mirror.Orphans);
        mirror.Stamps.Adopt(scratch.Objects);
        List<string> derived = MirrorPacks.Bitmaps(mirror);
        if (reached.Count > 0)
        {
            await _packing.IndexAsync(
                mirror,
                scratch,
                reached.Select(static pack => $"pack/{pack}"),
                withBitmap: false,
                stopping,
                GitPriority.Request
            );
        }
        else
        {
            derived.AddRange([MirrorPacks.IndexFile, FileStamps.CommitGraph]);
        }

        if (await DropAsync(mirror, mirror.Stamps, [.. replaced.SelectMany(MirrorPacks.PartsOf), .. derived], stopping))
        {
            mirror.HasNoOrphans();
        }
    }

    /// <summary>With bitmaps git counts the objects that refs lead to without a walk. All other objects are orphans; if the numbers agree,
    /// there are none.</summary>
    private async Task CountAsync(Mirror mirror, CancellationToken stopping)
    {
        using IDisposable turn = await mirror.ChangeAsync(stopping);
        if (!MirrorPacks.IsIndexed(mirror))
        {
            return;
        }

        var command = new GitCommand("rev-list", "--all", "--objects", "--count", "--use-bitmap-index")
        {
            Repository = mirror.FitForGit(),
            Settings = UpkeepPacking.Bounds,
        };
        GitResult counted = await git.RunAsync(command, stopping);
        long ledTo = long.Parse(counted.OrThrow().Lines().Single(), CultureInfo.InvariantCulture);
        long all = MirrorPacks.Of(mirror).Count == 0 ? 0 : MultiPackIndex.CountOf(Path.Combine(mirror.Objects, MirrorPacks.IndexFile));
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
        if (MirrorPacks.TipOf(mirror) is { Id: var tip })
        {
            await _packing.PackAsync(
                mirror,
                scratch,
                ["--revs", "--shallow"],
                $"--shallow {tip}\n{tip}\n",
                stopping,
                besides: mirror.HasTip ? mirror.Tip : null
            );
            await _packing.IndexPacksAsync(mirror, scratch, withBitmap: false, stopping);
            old = [.. old.Except(FileStamps.FilesOf(scratch.Objects), StringComparer.Ordinal)];
            mirror.TipStamps.Adopt(scratch.Objects);
        }

        mirror.ReplacedTip = [.. old];
    }

    /// <summary>Deletes replaced packs; those that are read for too long stay on the list.</summary>
    private async Task DropReplacedAsync(Mirror mirror, CancellationToken stopping, IEnumerable<string>? besides = null)
    {
        if (await DropAsync(mirror, mirror.Stamps, [.. mirror.Replaced.SelectMany(MirrorPacks.PartsOf), .. besides ?? []], stopping))
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

    private List<string> ExpiredOrphans(Mirror mirror)
    {
        DateTime limit = time.GetUtcNow().UtcDateTime - options.OrphanGrace;
        return [.. OrphanFiles(mirror).Where(file => File.GetLastWriteTimeUtc(file) < limit)];
    }

    private static string[] OrphanFiles(Mirror mirror)
    {
        string packs = Path.Combine(mirror.Orphans, "pack");
        return Directory.Exists(packs) ? Directory.GetFiles(packs) : [];
    }

    private async Task ExpireOrphansAsync(Mirror mirror, CancellationToken stopping)
    {
        List<string> expired = ExpiredOrphans(mirror);
        if (expired.Count > 0)
        {
            await mirror.ReadersGoneAsync().WaitAsync(stopping);
            expired.ForEach(File.Delete);
            mirror.EndReaders();
        }
    }
}
