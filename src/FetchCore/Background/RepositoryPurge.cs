using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Flights;

namespace Waystation.FetchCore.Background;

/// <summary>
/// Removes everything of a repository from the disk at once: its mirror with the orphans, its cached packs, the LFS objects that no
/// other repository refers to, and the quarantine. Responses that are under way go on to their end and are not kept. The next clone
/// brings everything that the primary still gives.
/// </summary>
public sealed class RepositoryPurge(
    BackgroundWork work,
    WorkQueue queue,
    MirrorSet mirrors,
    FillTable fills,
    DiskPackTier packs,
    LfsStore lfs
)
{
    private Action<RepositoryName>? _whenPurged;

    /// <summary>Calls <paramref name="tell"/> after each order of an operator, even if the disk refused a part of it.</summary>
    public void WhenPurged(Action<RepositoryName> tell) => _whenPurged += tell;

    /// <summary>Removes everything of the repository, at this node and at every other node of its farm.</summary>
    /// <exception cref="IOException">The disk refuses; everything that could be removed is gone.</exception>
    public async Task<Purged> PurgeAsync(RepositoryName repository)
    {
        try
        {
            return await PurgeHereAsync(repository);
        }
        finally
        {
            _whenPurged?.Invoke(repository);
        }
    }

    /// <summary>Removes everything of the repository at this node.</summary>
    /// <exception cref="IOException">The disk refuses; everything that could be removed is gone.</exception>
    public async Task<Purged> PurgeHereAsync(RepositoryName repository)
    {
        // The sources go first, so that nothing that began earlier comes in later.
        fills.KeepNothing(repository);
        await queue.CancelAsync(repository);
        await work.CancelAsync(repository);
        long mirrorBytes = mirrors.Peek(repository)?.Bytes ?? 0;
        bool hadMirror = mirrors.Remove(repository);
        (int count, long bytes) = packs.RemoveAll(repository);
        (int objects, long objectBytes) = lfs.RemoveAll(repository);
        return new Purged(repository.ToString(), hadMirror, mirrorBytes, count, bytes, objects, objectBytes);
    }
}

/// <summary>The removed data.</summary>
/// <param name="Repo">The repository, <c>host/path</c>.</param>
/// <param name="Mirror">Whether there was a mirror.</param>
/// <param name="MirrorBytes">The bytes of the mirror.</param>
/// <param name="Packs">The number of cached packs.</param>
/// <param name="PackBytes">The bytes of these packs.</param>
/// <param name="LfsObjects">The number of Git LFS objects that no other repository referred to.</param>
/// <param name="LfsBytes">The bytes of these objects.</param>
public sealed record Purged(string Repo, bool Mirror, long MirrorBytes, int Packs, long PackBytes, int LfsObjects, long LfsBytes);
