using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Flights;

namespace Waystation.FetchCore.Background;

/// <summary>
/// Removes all that is kept of a repository from the disk at once: its mirror with the orphans, its cached answers, and what
/// is in quarantine. Answers that are on their way go to their end and are not kept. What the primary still gives comes back
/// with the next clone.
/// </summary>
public sealed class RepositoryPurge(BackgroundWork work, WorkQueue queue, MirrorSet mirrors, FillTable fills, DiskPackTier packs)
{
    /// <summary>Removes it.</summary>
    /// <exception cref="IOException">The disk refuses; what could be removed is.</exception>
    public async Task<Purged> PurgeAsync(RepositoryName repository)
    {
        // First the sources: nothing that began before may come in after.
        fills.KeepNothing(repository);
        await queue.CancelAsync(repository);
        await work.CancelAsync(repository);
        long mirrorBytes = mirrors.Find(repository)?.Bytes ?? 0;
        bool hadMirror = mirrors.Remove(repository);
        (int count, long bytes) = packs.RemoveAll(repository);
        return new Purged(repository.ToString(), hadMirror, mirrorBytes, count, bytes);
    }
}

/// <summary>What was removed.</summary>
/// <param name="Repo">Of which repository, <c>host/path</c>.</param>
/// <param name="Mirror">Whether there was a mirror.</param>
/// <param name="MirrorBytes">Its bytes.</param>
/// <param name="Packs">How many cached answers.</param>
/// <param name="PackBytes">Their bytes.</param>
public sealed record Purged(string Repo, bool Mirror, long MirrorBytes, int Packs, long PackBytes);
