using Waystation.CacheStore;
using Waystation.Farm.Nodes;
using Waystation.Primaries;
using Waystation.Proxy.Dashboard.Assets;
using Waystation.Proxy.Dashboard.Pages;

namespace Waystation.Proxy.Dashboard;

/// <summary>The addresses of the dashboard on the admin address.</summary>
internal sealed class DashboardRoutes(
    DashboardDoor door,
    LiveUpdates live,
    DashboardActions actions,
    PageRenderer renderer,
    PrimaryMap primaries,
    IEnumerable<INodeRegistry> farm
)
{
    private static readonly string[] s_read = [HttpMethods.Get, HttpMethods.Head];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (DashboardPage page in DashboardPage.All)
        {
            routes.MapMethods(page.Path, s_read, door.Page((context, viewer) => ShowAsync(context, viewer, page)));
            routes.MapGet(page.Events, context => live.StreamAsync(context, page));
        }

        routes.MapMethods("/login", s_read, door.ShowLoginAsync);
        routes.MapPost("/login", door.LogInAsync);
        routes.MapPost("/logout", door.LogOutAsync);
        routes.MapPost("/repositories/warm", door.Action(actions.WarmAsync, "/repositories"));
        routes.MapPost("/repositories/sync", door.Action(actions.SyncAsync, "/repositories"));
        routes.MapMethods("/repositories/purge", s_read, door.Page(AskBeforePurgeAsync));
        routes.MapPost("/repositories/purge", door.Action(actions.PurgeAsync, "/repositories"));
        routes.MapPost("/vet", door.Action(actions.VetAsync, "/vet"));
        foreach (Asset asset in Asset.All)
        {
            routes.MapMethods(asset.Path, s_read, asset.WriteAsync);
        }
    }

    private async Task ShowAsync(HttpContext context, Viewer viewer, DashboardPage page) =>
        await door.WriteAsync(context, viewer, page, await renderer.RenderAsync(page, viewer, PageQuery.Of(context.Request.Query)));

    private Task AskBeforePurgeAsync(HttpContext context, Viewer viewer) =>
        !viewer.MayAct
            ? door.RefuseAsync(
                context,
                viewer,
                StatusCodes.Status403Forbidden,
                "Your token allows to look, and not to act.",
                "/repositories"
            )
        : primaries.NameOf(context.Request.Query["repo"].ToString()) is not { } repository
            ? door.RefuseAsync(context, viewer, StatusCodes.Status400BadRequest, DashboardActions.NoRepository, "/repositories")
        : door.WriteAsync(
            context,
            viewer,
            "Purge a repository",
            "/repositories",
            typeof(PurgeView),
            [(nameof(PurgeView.Viewer), viewer), (nameof(PurgeView.Repository), repository), (nameof(PurgeView.IsInFarm), farm.Any())]
        );
}
