using Waystation.FetchCore.Observing;
using Waystation.Primaries;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>POST /api/v1/repos/warm</c>: makes a mirror with the service credential.</summary>
internal static class WarmPage
{
    public const string Path = "/warm";

    public static void Map(AdminApi api) =>
        api
            .Actions.MapPost(
                Path,
                static (HttpContext context, ServicePrimaries services, WorkRequests work) =>
                    QueuedWork.Queue(WorkKind.Warm, RepositoryAction.Of(context), services, work)
            )
            .WithSummary("Makes a mirror with the service credential.")
            .ProducesProblem(StatusCodes.Status409Conflict);
}
