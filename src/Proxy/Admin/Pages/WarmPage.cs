using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>POST /api/v1/repos/warm</c>: makes a mirror with the service credential.</summary>
internal static class WarmPage
{
    public const string Path = "/warm";

    public static void Map(AdminApi api) =>
        api.Actions.MapPost(
            Path,
            static (HttpContext context, IServicePrimaries services, WorkQueue queue) =>
                QueuedWork.Queue(WorkKind.Warm, RepositoryAction.Of(context), services, queue)
        );
}
