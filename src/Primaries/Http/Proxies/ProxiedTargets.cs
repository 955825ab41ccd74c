using System.Net;
using System.Text;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>
/// Requests that go through a proxy. The proxy gets the address that the operator gave, because it would look up the name itself. A proxy
/// that carries plain requests gets the login with each of them: .NET would wait for a 407 and send the body again, which passes only once.
/// </summary>
/// <param name="inner">The connections.</param>
/// <param name="route">The proxies.</param>
/// <param name="address">Where the server is; null if its name says it.</param>
internal sealed class ProxiedTargets(HttpMessageHandler inner, ProxyRoute route, DnsEndPoint? address) : DelegatingHandler(inner)
{
    private const string LoginField = "Proxy-Authorization";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri asked = request.RequestUri!;
        if (route.Find(asked) is not { } proxy)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        bool isCarried = asked.Scheme == Uri.UriSchemeHttp && proxy.IsHttp;
        if (isCarried && proxy.Login?.Invoke() is { } login)
        {
            string pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login.UserName}:{login.Password}"));
            request.Headers.TryAddWithoutValidation(LoginField, $"Basic {pair}");
        }

        request.RequestUri = address is null ? asked : At(address, asked);
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (!isCarried || response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
            {
                return response;
            }

            // The client has no login at the node's proxy.
            response.Dispose();
            throw new HttpRequestException(
                HttpRequestError.ProxyTunnelError,
                "the proxy answers 407",
                statusCode: HttpStatusCode.ProxyAuthenticationRequired
            );
        }
        finally
        {
            request.RequestUri = asked;
            request.Headers.Remove(LoginField);
        }
    }

    private static Uri At(DnsEndPoint address, Uri asked)
    {
        string host = address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host}]" : address.Host;
        return new Uri(
            $"{asked.Scheme}://{host}:{address.Port}{asked.PathAndQuery}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
    }
}
