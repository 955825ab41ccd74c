using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>POST /api/v1/repos/sync</c>: compares a mirror with the primary now, or makes the mirror if there is none.</summary>
internal static class SyncPage
{
    public const string Path = "/sync";

    public static void Map(AdminApi api) => api.Actions.MapPost(Path, Sync);

    private static QueuedWork Sync(HttpContext context, MirrorSet mirrors, IServicePrimaries services, WorkQueue queue)
    {
        RepositoryName repository = RepositoryAction.Of(context);
        WorkKind kind = mirrors.Find(repository) is null ? WorkKind.Warm : WorkKind.Vet;
        return QueuedWork.Queue(kind, repository, services, queue);
    }
}
