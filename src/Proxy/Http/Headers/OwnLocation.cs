using Waystation.Primaries;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// <c>Location</c> fields that lead to the primary itself: they come back under the name by which the client called the node, or
/// it would leave the node, and take with it no login that it has for the node's name. Others pass as they are.
/// </summary>
internal static class OwnLocation
{
    /// <summary>The location as this client is to have it.</summary>
    public static string Rename(string location, Primary primary, HttpRequest request)
    {
        if (AuthorityEnd(location) is not { } end || !request.Host.HasValue)
        {
            return location;
        }

        string named = location.StartsWith("//", StringComparison.Ordinal) ? $"{primary.Http.Scheme}:{location[..end]}" : location[..end];
        if (!Uri.TryCreate(named, UriKind.Absolute, out Uri? own) || !primary.Http.IsOwn(own))
        {
            return location;
        }

        // An absolute URL, for JGit follows no relative one.
        return $"{SchemeOf(request)}://{request.Host.Value}{location[end..]}";
    }

    /// <summary>
    /// A balancer in front that ends TLS says so. It is believed for no more than this: from plain to secure, on the same name, and for
    /// the one client whose request says it.
    /// </summary>
    private static string SchemeOf(HttpRequest request) =>
        string.Equals(request.Headers[ReportedFields.Scheme], Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase)
            ? Uri.UriSchemeHttps
            : request.Scheme;

    /// <summary>Where the path begins behind scheme and authority; null where it has none.</summary>
    private static int? AuthorityEnd(string location)
    {
        int slashes = location.IndexOf("//", StringComparison.Ordinal);
        if (slashes < 0 || (slashes > 0 && (slashes < 2 || location.IndexOf(':', StringComparison.Ordinal) != slashes - 1)))
        {
            return null;
        }

        int end = location.AsSpan(slashes + 2).IndexOfAny('/', '?', '#');
        return end < 0 ? location.Length : slashes + 2 + end;
    }
}
