using Microsoft.Extensions.Primitives;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Endpoints;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// The client's headers as a proxy must treat them: those that belong to the connection, and those that the node writes itself.
/// </summary>
internal static class ClientHeaders
{
    /// <summary>RFC 9110, section 7.6.1, and fields of older software.</summary>
    private static readonly HashSet<string> s_hopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    };

    /// <summary>A reader of the body needs these.</summary>
    private static readonly HashSet<string> s_reading = new(StringComparer.OrdinalIgnoreCase)
    {
        "Git-Protocol",
        "Content-Type",
        "Content-Encoding",
        "Content-Length",
        "Transfer-Encoding",
    };

    /// <summary>
    /// Whether the primary may see other fields about the body than the node: one has the name of such a field but with underscores, which
    /// servers that pass requests on as CGI does read as the same; or <c>Connection</c> names one, so that it does not go on.
    /// </summary>
    public static bool MayBeReadOtherwise(IHeaderDictionary headers) =>
        headers.Keys.Any(static name => name.Contains('_', StringComparison.Ordinal) && s_reading.Contains(name.Replace('_', '-')))
        || Listed(headers.Connection).Overlaps(s_reading);

    public static bool IsHopByHop(string name) => s_hopByHop.Contains(name);

    /// <summary>Forwarded and X-Forwarded-* from clients are dropped: the node is the first proxy.</summary>
    public static bool IsForwarding(string name)
    {
        // A primary behind CGI reads X_Forwarded_For as the same name.
        string said = name.Replace('_', '-');
        return said.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
            || string.Equals(said, "Forwarded", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The fields of a request that do not go on because its <c>Connection</c> field names them.</summary>
    public static IEnumerable<KeyValuePair<string, StringValues>> Dropped(IHeaderDictionary headers)
    {
        HashSet<string> listed = Listed(headers.Connection);
        return listed.Count == 0 ? [] : headers.Where(field => listed.Contains(field.Key) && !IsHopByHop(field.Key));
    }

    /// <summary>The further fields that a message's <c>Connection</c> field names as meant for this connection only.</summary>
    public static HashSet<string> Listed(StringValues connection) =>
        new(
            connection.SelectMany(static value =>
                (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            ),
            StringComparer.OrdinalIgnoreCase
        );

    /// <summary>
    /// The fields by which the node tells the primary about its client. The primary may decide by each of these, so each is in
    /// <see cref="ClientIdentity"/> as well.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, string>> ForwardedFor(HttpContext context)
    {
        yield return new(ReportedFields.Address, AddressOf(context));
        yield return new(ReportedFields.Scheme, context.Request.Scheme);
        yield return new(ReportedFields.Host, context.Request.Host.Value ?? "");
    }

    /// <summary>The client's address, as the primary gets it.</summary>
    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>Scheme and name by which the client called the node, as the primary gets them.</summary>
    public static string NameOf(HttpRequest request) => $"{request.Scheme}://{request.Host.Value}";

    /// <summary>A copy of the headers for the primary. It outlives the request, for requests of the node in this client's name.</summary>
    public static List<KeyValuePair<string, StringValues>> EndToEnd(HttpRequest request)
    {
        HashSet<string> listed = Listed(request.Headers.Connection);
        IEnumerable<KeyValuePair<string, StringValues>> kept = request.Headers.Where(header =>
            !IsHopByHop(header.Key)
            && !IsForwarding(header.Key)
            && !listed.Contains(header.Key)
            && !header.Key.StartsWith(':')
            && header.Key is not ("Host" or "Accept-Encoding" or "Content-Length")
            && !IsContinue(header)
        );
        return
        [
            .. kept,
            .. ForwardedFor(request.HttpContext).Select(static header => new KeyValuePair<string, StringValues>(header.Key, header.Value)),
        ];
    }

    /// <summary>Its sender waits before it sends the body, which the node has. Only the primary may refuse any other expectation.</summary>
    private static bool IsContinue(KeyValuePair<string, StringValues> header) =>
        header.Key == "Expect" && string.Equals(header.Value, "100-continue", StringComparison.OrdinalIgnoreCase);
}
