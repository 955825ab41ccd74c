namespace Waystation.Proxy.Http.Requests;

/// <summary>
/// How a request says where its body ends. Two servers that read this differently read the rest of a connection as different requests
/// (RFC 9112, section 11.2), so the node takes only what cannot be read in two ways.
/// </summary>
internal static class BodyFraming
{
    /// <summary>The server below renames a <c>Content-Length</c> that came beside <c>Transfer-Encoding</c> so.</summary>
    private const string RenamedLength = "X-Content-Length";

    /// <summary>Whether there is a length, or chunks and nothing else, or no body.</summary>
    public static bool IsPlain(HttpRequest request) =>
        request.Headers.TransferEncoding is var coding
        && (
            coding.Count == 0
            || (
                coding is [{ } only]
                && string.Equals(only, "chunked", StringComparison.OrdinalIgnoreCase)
                && request.Headers.ContentLength is null
                && !request.Headers.ContainsKey(RenamedLength)
            )
        );
}
