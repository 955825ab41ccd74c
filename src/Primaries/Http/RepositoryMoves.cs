using System.Net;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http;

/// <summary>
/// Repositories that were renamed while clients use the old path. A client that was answered from a ticket never met the redirect of
/// <c>info/refs</c>, which git follows. So the node sends its requests to the new path, as git would have.
/// </summary>
public static class RepositoryMoves
{
    /// <summary>A repository that moves more often in one request moves in a circle.</summary>
    public const int MostHops = 3;

    private const string Service = "/git-upload-pack";

    /// <summary>
    /// The target at which the primary has the same service now; null if the response is no such redirect, or names another server.
    /// </summary>
    public static string? TargetOf(HttpOrigin origin, HttpRequestMessage request, HttpResponseMessage response)
    {
        if (
            request.Method != HttpMethod.Post
            || request.RequestUri is not { } from
            || response.Headers.Location is not { } location
            || response.StatusCode
                is not (
                    HttpStatusCode.MovedPermanently
                    or HttpStatusCode.Found
                    or HttpStatusCode.TemporaryRedirect
                    or HttpStatusCode.PermanentRedirect
                )
        )
        {
            return null;
        }

        var to = new Uri(from, location);
        return
            to.GetLeftPart(UriPartial.Authority) == origin.Prefix
            && to.UserInfo.Length == 0
            && to.AbsolutePath.EndsWith(Service, StringComparison.Ordinal)
            && RequestTarget.IsWellFormed(to.PathAndQuery)
            ? to.PathAndQuery
            : null;
    }
}
