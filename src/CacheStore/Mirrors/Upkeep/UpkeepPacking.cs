using System.Text;
using Waystation.CacheStore.Git;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>Makes files of a mirror's objects with git, in a folder beside the mirror: packs, multi-pack-index, commit-graph.</summary>
internal sealed class UpkeepPacking(GitProgram git)
{
    /// <summary>One thread and little memory: upkeep has time.</summary>
    public static readonly string[] Bounds = ["pack.threads=1", "pack.windowMemory=128m", "pack.deltaCacheSize=64m"];

    /// <summary>Packs objects of the mirror, and of another object folder, whose multi-pack-index comes before the mirror's, into the
    /// scratch folder.</summary>
    public async Task PackAsync(
        Mirror mirror,
        UpkeepObjectDirectory scratch,
        string[] which,
        string input,
        CancellationToken stopping,
        string? besides = null,
        GitPriority priority = GitPriority.Upkeep
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
                Priority = priority,
            },
            Encoding.ASCII.GetBytes(input),
            stopping
        );
        packed.OrThrow();
    }

    /// <summary>Writes multi-pack-index and commit-graph over these packs of the mirror, and moves them in.</summary>
    public async Task IndexAsync(
        Mirror mirror,
        UpkeepObjectDirectory scratch,
        IEnumerable<string> packs,
        bool withBitmap,
        CancellationToken stopping,
        GitPriority priority = GitPriority.Upkeep
    )
    {
        scratch.Clear();
        foreach (string part in packs.SelectMany(MirrorPacks.PartsOf).Where(part => File.Exists(Path.Combine(mirror.Objects, part))))
        {
            File.CreateSymbolicLink(Path.Combine(scratch.Objects, part), Path.Combine(mirror.Objects, part));
        }

        await IndexPacksAsync(mirror, scratch, withBitmap, stopping, priority);
        GitResult graph = await git.RunAsync(
            Within(mirror, scratch, "commit-graph", "write", "--reachable", "--no-progress") with
            {
                Priority = priority,
            },
            stopping
        );
        graph.OrThrow();
        scratch.DeleteLinks();
        mirror.Stamps.Adopt(scratch.Objects);
    }

    /// <summary>Writes a multi-pack-index of the packs in the scratch folder.</summary>
    public async Task IndexPacksAsync(
        Mirror mirror,
        UpkeepObjectDirectory scratch,
        bool withBitmap,
        CancellationToken stopping,
        GitPriority priority = GitPriority.Upkeep
    )
    {
        GitResult index = await git.RunAsync(
            Within(mirror, scratch, ["multi-pack-index", "write", "--no-progress", .. withBitmap ? ["--bitmap"] : (string[])[]]) with
            {
                Priority = priority,
            },
            stopping
        );
        index.OrThrow();
    }

    private static GitCommand Within(Mirror mirror, UpkeepObjectDirectory scratch, params IReadOnlyList<string> arguments) =>
        new(arguments)
        {
            Repository = mirror.FitForGit(),
            ObjectDirectory = scratch.Objects,
            Settings = Bounds,
        };
}
