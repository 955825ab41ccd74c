using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>Work that an operator put into the queue.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Queued">The kind of work, in lower case.</param>
internal sealed record QueuedWork(string Repo, string Queued)
{
    /// <summary>Puts work that needs the service credential into the queue.</summary>
    /// <exception cref="NotServedException">There is no service credential for the repository.</exception>
    public static QueuedWork Queue(WorkKind kind, RepositoryName repository, ServicePrimaries services, WorkRequests work)
    {
        if (!services.Serves(repository))
        {
            throw new NotServedException(
                $"The node has no service credential for {repository}, or does not select it: "
                    + $"see Primaries:N:Service and Primaries:N:Projects."
            );
        }

        work.Begin(kind, repository);
        return new QueuedWork(repository.ToString(), kind.ToWord());
    }
}
