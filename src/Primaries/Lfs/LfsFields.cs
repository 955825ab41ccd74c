using System.Buffers;
using Microsoft.Extensions.Primitives;

namespace Waystation.Primaries.Lfs;

/// <summary>The header fields of requests for LFS objects.</summary>
public static class LfsFields
{
    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>They belong to a connection or to the body of the node's own request.</summary>
    private static readonly HashSet<string> s_ofConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection",
        "Content-Length",
        "Expect",
        "Host",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Range",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    };

    /// <summary>They say who the client is; no redirect to another host takes them along.</summary>
    private static readonly HashSet<string> s_secret = new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie" };

    /// <summary>They describe the batch request, not the client.</summary>
    private static readonly HashSet<string> s_ofBatch = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept",
        "Accept-Encoding",
        "Content-Encoding",
        "Content-Type",
        "Expect",
        "Range",
    };

    /// <summary>Whether the node can send a field of an action as it is.</summary>
    internal static bool MaySend(KeyValuePair<string, string> field) =>
        field.Key.Length > 0
        && !field.Key.AsSpan().ContainsAnyExcept(s_token)
        && !s_ofConnection.Contains(field.Key)
        && !field.Value.AsSpan().ContainsAnyInRange('\0', '\b')
        && !field.Value.AsSpan().ContainsAnyInRange('\n', '\u001f')
        && field.Value.All(static c => c is not '\u007f' and <= '\u00ff');

    /// <summary>Whether a field of a client says who the client is.</summary>
    internal static bool IsSecret(string name) => s_secret.Contains(name);

    /// <summary>Whether a field of an action goes along with a redirect to another host.</summary>
    internal static bool MayFollow(KeyValuePair<string, string> field) => !s_secret.Contains(field.Key);

    /// <summary>The fields of a batch request that a primary needs to know the client again when it asks for an object.</summary>
    public static IReadOnlyList<KeyValuePair<string, StringValues>> LoginOf(IEnumerable<KeyValuePair<string, StringValues>> headers) =>
        [.. headers.Where(static field => !s_ofBatch.Contains(field.Key))];
}
