using Waystation.FetchCore.Vet;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/vet</c>: the last rounds of the vet. <c>POST</c>: compares every mirror with the primary now.</summary>
internal static class VetPage
{
    public const string Path = "/vet";

    public static void Map(AdminApi api)
    {
        api.Pages.MapGet(Path, static (VetReport report) => report.Rounds).WithSummary("The results of the last rounds of the vet.");
        api.NodeActions.MapPost(Path, Act)
            .WithSummary("Compares every mirror of the node with the primary now.")
            .Produces<VetBegun>()
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
    }

    /// <summary>JSON is demanded because a page in a browser may send a form to any address, but JSON only with permission.</summary>
    private static IResult Act(HttpContext context, VetRounds rounds) =>
        context.Request.HasJsonContentType()
            ? TypedResults.Ok(new VetBegun([.. rounds.VetAll().Select(static name => name.ToString())]))
            : Refusals.Problem(StatusCodes.Status415UnsupportedMediaType, "Send application/json.");
}

/// <summary>A round that an operator asked for.</summary>
/// <param name="Repos">The repositories whose mirrors are compared, <c>host/path</c>. The others have nothing to be compared with: the node
/// has no service credential for them.</param>
internal sealed record VetBegun(IReadOnlyList<string> Repos);
