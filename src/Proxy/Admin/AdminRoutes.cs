using Microsoft.AspNetCore.Http.HttpResults;

namespace Waystation.Proxy.Admin;

/// <summary>The pages of the admin address. Operators' scripts and the program's own commands rely on them.</summary>
internal static class AdminRoutes
{
    private const string Api = "/api/v1";

    private static readonly string[] s_read = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Whether a request is for the API, for a page or not. A slash must follow: <c>/api/v1</c> itself is no page.
    /// </summary>
    public static bool IsInApi(HttpContext context) =>
        context.Request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase, out PathString rest) && rest.HasValue;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/healthz", s_read, static () => TypedResults.Text("healthy\n"));
        routes.MapMethods("/readyz", s_read, Readiness);
        routes.MapMethods("/metrics", s_read, Metrics).WithMetadata(new NeedsToken());

        RouteGroupBuilder api = routes.MapGroup(Api).WithMetadata(new NeedsToken());
        api.MapGet("/status", static (NodeState node) => node.Status());
        api.MapGet("/repos", static (NodeState node) => node.Repositories());
        api.MapGet("/queue", static (NodeState node) => node.Queue());
        api.MapGet("/vet", static (NodeState node) => node.Rounds());
        api.MapGet("/fetches", static (string? repo, string? last, FetchPage page) => page.Show(repo, last));

        RouteGroupBuilder actions = api.MapGroup("/repos").AddEndpointFilter<RepositoryAction>();
        actions.MapPost("/purge", static (HttpContext context, NodeActions node) => node.PurgeAsync(RepositoryAction.Of(context)));
        actions.MapPost("/warm", static (HttpContext context, NodeActions node) => node.Warm(RepositoryAction.Of(context)));
        actions.MapPost("/sync", static (HttpContext context, NodeActions node) => node.Sync(RepositoryAction.Of(context)));
    }

    private static ContentHttpResult Readiness(IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStopping.IsCancellationRequested
            ? TypedResults.Text("stopping\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            : TypedResults.Text("ready\n");

    private static ContentHttpResult Metrics(PrometheusPage page) => TypedResults.Text(page.Render(), PrometheusPage.ContentType);
}
