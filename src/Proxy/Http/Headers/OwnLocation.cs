using Waystation.Primaries;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// <c>Location</c> fields that lead to the primary itself get the name by which the client called the node. Otherwise the client would
/// leave the node, without its login for the node's name. Other locations stay unchanged.
/// </summary>
internal static class OwnLocation
{
    /// <summary>The location for this client.</summary>
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

        // An absolute URL, because JGit follows no relative one.
        return $"{request.Scheme}://{request.Host.Value}{location[end..]}";
    }

    /// <summary>The start of the path behind scheme and authority; null if there is none.</summary>
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
