using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>Compares the files of a mirror with their stamps, and reads those that differ.</summary>
internal sealed class MirrorCheck(GitProgram git, MirrorSet mirrors, ILogger logger)
{
    /// <summary>
    /// Verifies the files that have another stamp: after a copy of the data folder, a new owner or a restored backup these are all files,
    /// and none of them is damaged. False if the mirror was given up.
    /// </summary>
    public async Task<bool> RunAsync(Mirror mirror, CancellationToken stopping)
    {
        await CheckTipAsync(mirror, stopping);
        IReadOnlyList<string> suspects = mirror.Stamps.Suspects();
        if (suspects.Count == 0)
        {
            return true;
        }

        foreach (
            string pack in suspects
                .Where(static name => Path.GetExtension(name) is MirrorPacks.Suffix or MirrorPacks.IndexSuffix)
                .Select(static name => Path.ChangeExtension(name, MirrorPacks.Suffix))
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
        foreach (
            string name in suspects.Where(static name => Path.GetExtension(name) is not (MirrorPacks.Suffix or MirrorPacks.IndexSuffix))
        )
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
            index = Path.ChangeExtension(path, MirrorPacks.IndexSuffix);
        if (new[] { path, index }.Any(static part => FileStamp.Of(part) is null))
        {
            // The file is gone, or git would wait for it instead of reading it.
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
            new GitCommand("index-pack", "--verify", $"--object-format={mirror.ObjectFormat.Name}", path)
            {
                Settings = UpkeepPacking.Bounds,
                Priority = GitPriority.Upkeep,
            },
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
}
