using Waystation.CacheStore;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin;

/// <summary>
/// The common part of actions on a repository: the request names it in JSON, and a refusal is problem details.
/// </summary>
internal sealed class RepositoryAction(PrimaryMap primaries) : IEndpointFilter
{
    private static readonly object s_key = new();

    /// <summary>The repository that the request names.</summary>
    public static RepositoryName Of(HttpContext context) => (RepositoryName)context.Items[s_key]!;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        HttpContext http = context.HttpContext;
        if (!http.Request.HasJsonContentType())
        {
            return Refusals.Problem(StatusCodes.Status415UnsupportedMediaType, "Send application/json.");
        }

        if (await JsonBody.ReadAsync<RepositoryQuestion>(http) is not { Repo: { } text } || primaries.NameOf(text) is not { } repository)
        {
            return Refusals.Problem(
                StatusCodes.Status400BadRequest,
                "Send {\"repo\":\"HOST/PATH\"} with the host of a primary of this node, or with one primary {\"repo\":\"PATH\"}. "
                    + "PATH is written as in the URL of a clone: coded, without empty or dot segments, without a query."
            );
        }

        http.Items[s_key] = repository;
        try
        {
            return await next(context);
        }
        catch (NotServedException e)
        {
            return Refusals.Problem(StatusCodes.Status409Conflict, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refusals.Problem(StatusCodes.Status500InternalServerError, e.Message);
        }
    }
}
