using System.Net.Http.Headers;
using Waystation.Primaries;
using Waystation.Primaries.Loops;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Forwarding;

/// <summary>
/// The changes of a forwarded request: the name of the host, and the fields that every proxy adds. Everything else stays unchanged, also
/// every character of the target. In the response, only the fields that every proxy adds change.
/// </summary>
internal sealed class PrimaryTransformer(Primary primary, GitRequest git, string? cacheStatus, Action<HttpResponseMessage>? onResponse)
    : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken
    )
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        HttpRequestHeaders headers = proxyRequest.Headers;
        HashSet<string> listed = ClientHeaders.Listed(httpContext.Request.Headers.Connection);
        foreach (
            string name in headers
                .Select(static header => header.Key)
                .Where(name => ClientHeaders.IsForwarding(name) || listed.Contains(name))
                .ToList()
        )
        {
            headers.Remove(name);
        }

        if (proxyRequest.Content?.Headers is { } ofContent)
        {
            foreach (string name in ofContent.NonValidated.Select(static field => field.Key).Where(listed.Contains).ToList())
            {
                if (!string.Equals(name, "Content-Length", StringComparison.OrdinalIgnoreCase))
                {
                    ofContent.Remove(name);
                }
            }
        }

        proxyRequest.RequestUri = primary.Http.UriOf(git.Target);
        headers.Host = primary.Authority;
        headers.TryAddWithoutValidation("Via", $"{HttpVersion(httpContext)} {NodeMark.Own}");
        foreach ((string name, string value) in ClientHeaders.ForwardedFor(httpContext))
        {
            headers.TryAddWithoutValidation(name, value);
        }

        if (git.Service is GitService.InfoRefs or GitService.UploadPack)
        {
            // A compressed response cannot be read as it passes.
            headers.Remove("Accept-Encoding");
            headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        }
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (proxyResponse is null)
        {
            return ValueTask.FromResult(false);
        }

        onResponse?.Invoke(proxyResponse);
        AnswerHead.Of(proxyResponse, withTrailers: true).Write(httpContext, primary, cacheStatus);
        if (
            proxyResponse.Headers.NonValidated.Contains("Trailer")
            && HttpProtocol.IsHttp11(httpContext.Request.Protocol)
            && !HttpMethods.IsHead(httpContext.Request.Method)
        )
        {
            httpContext.Response.Headers.TransferEncoding = "chunked";
            httpContext.Response.Body = new ChunkedStream(httpContext.Response.Body);
        }

        return ValueTask.FromResult(true);
    }

    public override async ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext,
        HttpResponseMessage proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (httpContext.Response.Body is ChunkedStream chunks)
        {
            await chunks.EndAsync(proxyResponse.TrailingHeaders, cancellationToken);
            return;
        }

        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
    }

    private static string HttpVersion(HttpContext context) => context.Request.Protocol.Replace("HTTP/", "", StringComparison.Ordinal);
}
