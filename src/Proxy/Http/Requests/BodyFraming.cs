using System.Buffers;

namespace Waystation.Proxy.Http.Requests;

/// <summary>
/// How a request says where its fields and its body end. Two servers that read this differently read the rest of a connection as different
/// requests (RFC 9112, section 11.2), so the node takes only what cannot be read in two ways.
/// </summary>
internal static class BodyFraming
{
    /// <summary>The characters of a token (RFC 9110, section 5.6.2).</summary>
    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>The server below renames a <c>Content-Length</c> that came beside <c>Transfer-Encoding</c> so.</summary>
    private const string RenamedLength = "X-Content-Length";

    /// <summary>
    /// Whether there is a length, or chunks and nothing else, or no body; and each field has a name. In HTTP/2 a name may have any bytes,
    /// also the end of a line, and chunks have no meaning.
    /// </summary>
    public static bool IsPlain(HttpRequest request)
    {
        foreach (string name in request.Headers.Keys)
        {
            if (name.AsSpan(name.StartsWith(':') ? 1 : 0).ContainsAnyExcept(s_token))
            {
                return false;
            }
        }

        return request.Headers.TransferEncoding is var coding
            && (
                coding.Count == 0
                || (
                    coding is [{ } only]
                    && !HttpProtocol.IsHttp2(request.Protocol)
                    && string.Equals(only, "chunked", StringComparison.OrdinalIgnoreCase)
                    && request.Headers.ContentLength is null
                    && !request.Headers.ContainsKey(RenamedLength)
                )
            );
    }
}
