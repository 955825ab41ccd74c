using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;

namespace Waystation.Proxy.Admin;

/// <summary>The page of the latest fetches, newest first.</summary>
internal sealed class FetchPage(RecentFetches recent, PrimaryMap primaries)
{
    /// <summary>Shows them.</summary>
    /// <param name="repo">Of this repository only; null for all.</param>
    /// <param name="last">So many at most; null for all that the node remembers.</param>
    public IResult Show(string? repo, string? last)
    {
        int count = RecentFetches.Most;
        if (last is not null && (!int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count == 0))
        {
            return Refusals.Problem(StatusCodes.Status400BadRequest, "last is a number, 1 or more.");
        }

        RepositoryName? repository = null;
        if (repo is not null && (repository = primaries.NameOf(repo)) is null)
        {
            return Refusals.Problem(
                StatusCodes.Status400BadRequest,
                "repo is HOST/PATH with the host of a primary of this node, or PATH where the node has one primary."
            );
        }

        return TypedResults.Ok(recent.Latest(count, repository).Select(FetchStatus.Of));
    }
}
