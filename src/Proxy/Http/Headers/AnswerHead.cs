using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Waystation.Primaries;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// Status and fields of an answer of the primary, kept apart from its message. All that comes from the primary goes to clients by this one
/// rule: fields of the connection to the primary end here, a redirect to the primary itself keeps the client's name for it, and
/// <c>Via</c> says that the node was on the way.
/// </summary>
internal sealed record AnswerHead(int Status, string? Reason, IReadOnlyList<KeyValuePair<string, StringValues>> Fields)
{
    /// <summary>What the node calls itself in <c>Via</c> of an answer (RFC 9110, section 7.6.3): the primary spoke HTTP/1.1.</summary>
    public const string Via = "1.1 waystation";

    /// <summary>What git's own server says of its answers: they hold for this moment.</summary>
    public const string NotKept = "no-cache, max-age=0, must-revalidate";

    /// <param name="response">The primary's answer.</param>
    /// <param name="withTrailers">Fields after the body are passed on, and so is what announces them.</param>
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

    /// <summary>The head of an answer of git's kind whose fields are the node's own.</summary>
    public static AnswerHead Own(string contentType) =>
        new(StatusCodes.Status200OK, Reason: null, [new("Content-Type", contentType), new("Cache-Control", NotKept)]);

    /// <summary>Writes it to the client.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="primary">Whose answer it is.</param>
    /// <param name="cacheStatus">How it was served, where that is to be said.</param>
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

    /// <summary>Beside the fields of every hop, what speaks of the primary's own connection or of other ways to it.</summary>
    private static bool IsOfThisHop(string name) =>
        ClientHeaders.IsHopByHop(name) || Is(name, "Proxy-Authentication-Info") || Is(name, "Alt-Svc");

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
