using Waystation.FetchCore.Observing;
using Waystation.Primaries;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>POST /api/v1/repos/sync</c>: compares a mirror with the primary now, or makes the mirror if there is none.</summary>
internal static class SyncPage
{
    public const string Path = "/sync";

    public static void Map(AdminApi api) =>
        api
            .Actions.MapPost(
                Path,
                static (HttpContext context, ServicePrimaries services, WorkRequests work) =>
                    QueuedWork.Queue(WorkKind.Vet, RepositoryAction.Of(context), services, work)
            )
            .WithSummary("Compares a mirror with the primary now, or makes it if there is none.")
            .ProducesProblem(StatusCodes.Status409Conflict);
}
