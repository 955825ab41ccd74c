using Waystation.FetchCore.Background;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>POST /api/v1/repos/purge</c>: removes all that is kept of a repository.</summary>
internal static class PurgePage
{
    public const string Path = "/purge";

    public static void Map(AdminApi api) =>
        api
            .Actions.MapPost(Path, static (HttpContext context, RepositoryPurge purge) => purge.PurgeAsync(RepositoryAction.Of(context)))
            .WithSummary("Removes all that the nodes keep of a repository.");
}
