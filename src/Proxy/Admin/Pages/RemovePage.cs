using Waystation.CacheStore;
using Waystation.Proxy.Work;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>
/// <c>POST /api/v1/repos/remove</c>: removes the data of a repository, or of every repository of a host, also if the settings have no
/// primary of that name any more.
/// </summary>
internal static class RemovePage
{
    public const string Path = "/remove";

    public static void Map(AdminApi api) =>
        api
            .NodeActions.MapPost(ReposPage.Path + Path, ActAsync)
            .WithSummary("Removes the data of a repository, or of all repositories of a host.")
            .WithMetadata(new TakesBody(typeof(RepositoryQuestion)))
            .Produces<Removed[]>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);

    private static async Task<IResult> ActAsync(HttpContext context, DataRemoval removal)
    {
        if (!context.Request.HasJsonContentType())
        {
            return Refusals.Problem(StatusCodes.Status415UnsupportedMediaType, "Send application/json.");
        }

        if (await JsonBody.ReadAsync<RepositoryQuestion>(context) is not { Repo: { } text } || removal.Named(text) is not { } named)
        {
            return Refusals.Problem(
                StatusCodes.Status400BadRequest,
                "Send {\"repo\":\"HOST/PATH\"}, or {\"repo\":\"HOST\"} for all repositories of a host. The node keeps nothing of that name."
            );
        }

        List<Removed> all = [];
        try
        {
            foreach (RepositoryName repository in named)
            {
                all.Add(await removal.RemoveAsync(repository));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refusals.Problem(StatusCodes.Status500InternalServerError, e.Message);
        }

        return TypedResults.Ok(all);
    }
}
