using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin;

/// <summary>The pages that have the node do something with a repository.</summary>
internal sealed class NodeActions(MirrorSet mirrors, IServicePrimaries services, WorkQueue queue, RepositoryPurge purge)
{
    public static string Word(WorkKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Removes all that is kept of a repository.</summary>
    public Task<Purged> PurgeAsync(RepositoryName repository) => purge.PurgeAsync(repository);

    /// <summary>Makes a mirror with the service credential.</summary>
    /// <exception cref="NotServedException">The repository has no service credential.</exception>
    public QueuedWork Warm(RepositoryName repository) => Queue(WorkKind.Warm, repository);

    /// <summary>Compares a mirror with the primary now, or makes it if there is none.</summary>
    /// <exception cref="NotServedException">There is no service credential for the repository.</exception>
    public QueuedWork Sync(RepositoryName repository) => Queue(mirrors.Find(repository) is null ? WorkKind.Warm : WorkKind.Vet, repository);

    private QueuedWork Queue(WorkKind kind, RepositoryName repository)
    {
        if (!services.Serves(repository))
        {
            throw new NotServedException(
                $"The node has no service credential for {repository}, or does not select it: "
                    + $"see Primaries:N:Service and Primaries:N:Projects."
            );
        }

        queue.Enqueue(kind, repository);
        return new QueuedWork(repository.ToString(), Word(kind));
    }
}
