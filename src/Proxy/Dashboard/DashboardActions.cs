using Waystation.CacheStore;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Vet;
using Waystation.Primaries;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Dashboard.Pages;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Dashboard;

/// <summary>What the buttons do: the same as the actions of the admin API. Each says in a sentence what came of it.</summary>
internal sealed class DashboardActions(
    PrimaryMap primaries,
    ServicePrimaries services,
    WorkRequests work,
    RepositoryPurge purge,
    VetRounds rounds
)
{
    /// <summary>The answer to a text that is no name of a repository.</summary>
    public const string NoRepository =
        "This is no repository of a primary of this node. Write HOST/PATH as in the URL of a clone, "
        + "or PATH where the node has one primary.";

    public Task<string> WarmAsync(IFormCollection form, CancellationToken cancellationToken) =>
        OnRepositoryAsync(form, repository => Task.FromResult(Queue(WorkKind.Warm, repository)));

    public Task<string> SyncAsync(IFormCollection form, CancellationToken cancellationToken) =>
        OnRepositoryAsync(form, repository => Task.FromResult(Queue(WorkKind.Vet, repository)));

    public Task<string> PurgeAsync(IFormCollection form, CancellationToken cancellationToken) =>
        OnRepositoryAsync(
            form,
            async repository =>
            {
                Purged gone = await purge.PurgeAsync(repository);
                return $"Purged {repository}: {(gone.Mirror ? $"the mirror ({Words.Bytes(gone.MirrorBytes)})" : "no mirror")}, "
                    + $"{Words.Count(gone.Packs, "pack", "packs")} ({Words.Bytes(gone.PackBytes)}), "
                    + $"{Words.Count(gone.LfsObjects, "LFS object", "LFS objects")} ({Words.Bytes(gone.LfsBytes)}).";
            }
        );

    /// <summary>Compares every mirror that the service credential may read.</summary>
    public Task<string> VetAsync(IFormCollection form, CancellationToken cancellationToken)
    {
        int count = rounds.VetAll().Count;
        return Task.FromResult(
            count > 0
                ? $"The vet compares {Words.Count(count, "mirror", "mirrors")} now."
                : "There is no mirror that the node could compare: it needs a mirror and a service credential (Primaries:N:Service)."
        );
    }

    private async Task<string> OnRepositoryAsync(IFormCollection form, Func<RepositoryName, Task<string>> act)
    {
        if (primaries.NameOf(form["repo"].ToString().Trim()) is not { } repository)
        {
            return NoRepository;
        }

        try
        {
            return await act(repository);
        }
        catch (Exception e) when (e is NotServedException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private string Queue(WorkKind kind, RepositoryName repository)
    {
        QueuedWork queued = QueuedWork.Queue(kind, repository, services, work);
        return $"{queued.Repo} is in the queue: {queued.Queued}.";
    }
}
