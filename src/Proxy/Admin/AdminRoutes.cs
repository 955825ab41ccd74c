using Microsoft.AspNetCore.Http.HttpResults;
using Waystation.Farm.Nodes;

namespace Waystation.Proxy.Admin;

/// <summary>The pages of the admin address. Operators' scripts and the program's own commands rely on them.</summary>
internal static class AdminRoutes
{
    /// <summary>The path above the pages of the API.</summary>
    public const string Api = "/api/v1";

    /// <summary>The path above the actions on a repository.</summary>
    public const string Repositories = Api + "/repos";

    private static readonly string[] s_read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Whether a request is for the API, for a page or not. A slash must follow: <c>/api/v1</c> itself is no page.
    /// </summary>
    public static bool IsInApi(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase, out PathString rest) && rest.HasValue;

    /// <summary>Maps health, readiness, metrics and the API.</summary>
    /// <param name="routes">The admin address.</param>
    /// <param name="mapPages">Maps the pages of the API.</param>
    public static void Map(IEndpointRouteBuilder routes, Action<AdminApi> mapPages)
    {
        routes.MapMethods("/healthz", s_read, static () => TypedResults.Text("healthy\n"));
        routes.MapMethods("/readyz", s_read, Readiness);
        routes.MapMethods("/metrics", s_read, Metrics).WithMetadata(new NeedsToken(AdminGrant.Read));
        RouteGroupBuilder pages = Group(routes, Api, AdminGrant.Read);
        pages.MapOpenApi(AdminDescription.Path);
        mapPages(
            new AdminApi(
                pages,
                Group(routes, Api, AdminGrant.Act),
                Group(routes, Repositories, AdminGrant.Act)
                    .WithMetadata(new TakesBody(typeof(RepositoryQuestion)))
                    .ProducesProblem(StatusCodes.Status400BadRequest)
                    .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
                    .AddEndpointFilter<RouteGroupBuilder, RepositoryAction>()
            )
        );
    }

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string path, AdminGrant grant) =>
        routes
            .MapGroup(path)
            .WithMetadata(new NeedsToken(grant))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status500InternalServerError);

    private static ContentHttpResult Readiness(HttpContext context, IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStopping.IsCancellationRequested ? NotReady("stopping\n")
        : context.RequestServices.GetService<INodeRegistry>() is { IsDraining: true } ? NotReady("draining\n")
        : TypedResults.Text("ready\n");

    private static ContentHttpResult NotReady(string why) => TypedResults.Text(why, statusCode: StatusCodes.Status503ServiceUnavailable);

    private static ContentHttpResult Metrics(PrometheusPage page) => TypedResults.Text(page.Render(), PrometheusPage.ContentType);
}
