using System.Net.Security;
using System.Security.Authentication;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>The connection to a proxy.</summary>
internal static class ProxyConnection
{
    /// <summary>Begins TLS with a proxy that wants it. Its certificate is judged like that of any other server.</summary>
    public static async ValueTask<Stream> OpenAsync(
        Stream stream,
        ProxyServer? proxy,
        SslClientAuthenticationOptions options,
        CancellationToken cancellationToken
    )
    {
        if (proxy is not { IsTls: true })
        {
            return stream;
        }

        var tls = new SslStream(stream);
        try
        {
            options.TargetHost = proxy.Url.IdnHost.Trim('[', ']');
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch (AuthenticationException e)
        {
            await tls.DisposeAsync();
            throw new IOException($"the proxy {proxy.Url}: TLS: {e.GetBaseException().Message}", e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
