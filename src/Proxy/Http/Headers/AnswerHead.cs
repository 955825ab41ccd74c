using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Waystation.Primaries;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// Status and header fields of a response of the primary, apart from its message. All responses of the primary reach clients by this one
/// rule: fields of the connection to the primary are removed, a redirect to the primary itself keeps the client's name for it, and
/// <c>Via</c> says that the node was on the way.
/// </summary>
internal sealed record AnswerHead(int Status, string? Reason, IReadOnlyList<KeyValuePair<string, StringValues>> Fields)
{
    /// <summary>The node's value for <c>Via</c> of a response (RFC 9110, section 7.6.3): the primary spoke HTTP/1.1.</summary>
    public const string Via = "1.1 waystation";

    /// <summary>The value of git's own server for its responses: caches must not keep them.</summary>
    public const string NotKept = "no-cache, max-age=0, must-revalidate";

    /// <param name="response">The primary's response.</param>
    /// <param name="withTrailers">Whether trailers are passed on, with the fields that announce them.</param>
    public static AnswerHead Of(HttpResponseMessage response, bool withTrailers = false)
    {
        HashSet<string> listed = ClientHeaders.Listed(
            response.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues values)
                ? values.ToArray()
                : default(StringValues)
        );
        bool isChunked = response.Headers.NonValidated.Contains("Transfer-Encoding");
        return new AnswerHead(
            (int)response.StatusCode,
            response.ReasonPhrase,
            [
                .. response
                    .Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                    .Where(field =>
                        (!IsOfThisHop(field.Key) || (withTrailers && Is(field.Key, "Trailer")))
                        && !listed.Contains(field.Key)
                        && !(isChunked && Is(field.Key, "Content-Length"))
                    )
                    .Select(static field => new KeyValuePair<string, StringValues>(field.Key, field.Value.ToArray())),
            ]
        );
    }

    /// <summary>The head of a Git response whose fields are the node's own.</summary>
    public static AnswerHead Own(string contentType) =>
        new(StatusCodes.Status200OK, Reason: null, [new("Content-Type", contentType), new("Cache-Control", NotKept)]);

    /// <summary>Writes the head to the client.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="primary">The primary that answered.</param>
    /// <param name="cacheStatus">The value of Cache-Status; null for none.</param>
    public void Write(HttpContext context, Primary primary, string? cacheStatus)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        if (Reason is not null && context.Features.Get<IHttpResponseFeature>() is { } feature)
        {
            feature.ReasonPhrase = Reason;
        }

        foreach ((string name, StringValues values) in Fields)
        {
            response.Headers.Append(name, Is(name, "Location") ? Renamed(values, primary, context.Request) : values);
        }

        response.Headers.Append("Via", Via);
        if (cacheStatus is not null)
        {
            response.Headers.Append(CacheStatus.Name, cacheStatus);
        }
    }

    private static StringValues Renamed(StringValues values, Primary primary, HttpRequest request) =>
        values.Select(value => OwnLocation.Rename(value ?? "", primary, request)).ToArray();

    /// <summary>Fields of one hop, and fields about the primary's own connection or about other ways to it.</summary>
    private static bool IsOfThisHop(string name) =>
        ClientHeaders.IsHopByHop(name) || Is(name, "Proxy-Authentication-Info") || Is(name, "Alt-Svc");

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
