using System.Net;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>
/// Says in words why no connection came about. .NET's own message says "see inner exception" for TLS, and the operator reads only the
/// message. A login is in none of these words.
/// </summary>
internal sealed class FailureWords(HttpMessageHandler inner, ProxyRoute route) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (Of(e, request.RequestUri!) is { } words)
        {
            throw new HttpRequestException(e.HttpRequestError, words, e, e.StatusCode);
        }
    }

    private string? Of(HttpRequestException failure, Uri asked)
    {
        ProxyServer? proxy = route.Find(asked);
        return failure.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError => $"TLS: {failure.GetBaseException().Message}",
            HttpRequestError.ProxyTunnelError when proxy is not null => failure.StatusCode switch
            {
                HttpStatusCode.ProxyAuthenticationRequired when proxy.Login is null =>
                    $"the proxy {proxy.Url} demands a login (407); Proxy:Username and Proxy:PasswordFile of the primary give one",
                HttpStatusCode.ProxyAuthenticationRequired => $"the proxy {proxy.Url} refuses the login of the node (407)",
                { } status => $"the proxy {proxy.Url} answers {(int)status} to the node",
                null => $"the proxy {proxy.Url}: {failure.Message}",
            },
            HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError when proxy is not null =>
                $"the proxy {proxy.Url}: {failure.Message}",
            _ => null,
        };
    }
}
