using Waystation.CacheStore;
using Waystation.FetchCore.Forecasts;
using Waystation.GitProtocol.Objects;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>
/// <c>POST /api/v1/repos/explain</c>: would a clone by this credential be a hit, and if not, why. It needs the token that acts, because it
/// makes the node send a login to the primary.
/// </summary>
internal static class ExplainPage
{
    public const string Path = "/explain";

    private const string Question =
        "Send {\"repo\":\"HOST/PATH\"}, with username and password for a login, "
        + "and depth, filter or branch for another clone than a full one. The host is that of a primary of this node.";

    public static void Map(AdminApi api) =>
        api
            .NodeActions.MapPost(ReposPage.Path + Path, ActAsync)
            .WithSummary("Would a clone by this credential be a hit, and if not, why.")
            .WithMetadata(new TakesBody(typeof(ExplainQuestion)))
            .Produces<Explained>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);

    private static async Task<IResult> ActAsync(HttpContext context, PrimaryMap primaries, CloneExplainer explainer)
    {
        if (!context.Request.HasJsonContentType())
        {
            return Refusals.Problem(StatusCodes.Status415UnsupportedMediaType, "Send application/json.");
        }

        FilterSpec? filter = null;
        if (
            await JsonBody.ReadAsync<ExplainQuestion>(context) is not { Repo: { } text } question
            || primaries.NameOf(text) is not { } repository
            || primaries.OfAny(repository) is not { } primary
            || question is { Depth: <= 0 }
            || (question.Filter is { } spec && !FilterSpec.TryParse(spec, out filter))
        )
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, Question);
        }

        var shape = new CloneShape(question.Depth, filter, question.Branch);
        return TypedResults.Ok(await explainer.ExplainAsync(primary, repository, question, shape, context.RequestAborted));
    }
}
