using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/fetches</c>: the latest fetches, newest first.</summary>
internal static class FetchesPage
{
    public const string Path = "/fetches";

    public static void Map(AdminApi api) =>
        api
            .Pages.MapGet(Path, Show)
            .WithSummary("The latest fetches, newest first.")
            .Produces<FetchStatus[]>()
            .ProducesProblem(StatusCodes.Status400BadRequest);

    /// <summary>Shows them.</summary>
    /// <param name="repo">Only fetches of this repository; null for all.</param>
    /// <param name="last">The most fetches to show; null for all that the node remembers.</param>
    /// <param name="recent">The fetches that the node remembers.</param>
    /// <param name="primaries">Say which names are repositories.</param>
    private static IResult Show(string? repo, string? last, RecentFetches recent, PrimaryMap primaries)
    {
        int count = RecentFetches.Most;
        if (last is not null && (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count == 0))
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, "last is a number, 1 or more.");
        }

        RepositoryName? repository = null;
        if (repo is not null && (repository = primaries.NameOf(repo)) is null)
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, Refusals.NoRepository);
        }

        return TypedResults.Ok(
            recent.Latest(count, record => repository is null || record.Repository == repository).Select(FetchStatus.Of)
        );
    }
}
