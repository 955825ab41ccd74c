namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/repos</c>.</summary>
internal static class ReposPage
{
    public const string Path = "/repos";

    public static void Map(AdminApi api) =>
        api
            .Pages.MapGet(Path, static (RepositoryList list) => list.All())
            .WithSummary("The repositories of which the node keeps anything, and their health.");
}
