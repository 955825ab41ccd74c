using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Waystation.Primaries;

namespace Waystation.Proxy.Limits;

/// <summary>
/// Gives a request of a trusted proxy the address, scheme and host of its client, from <c>X-Forwarded-For</c>, <c>-Proto</c> and
/// <c>-Host</c>. The server's own middleware reads them: from the right, and as far as the addresses are those of trusted proxies. All
/// other requests keep what their connection says. <c>Forwarded</c> (RFC 7239) is never read: one way is easier to set up right than two.
/// </summary>
internal sealed class ForwardedClient(TrustedProxies proxies, ILoggerFactory loggers)
{
    public RequestDelegate Before(RequestDelegate next)
    {
        if (proxies.Networks.Count == 0)
        {
            // The middleware would believe everybody.
            return next;
        }

        var middleware = new ForwardedHeadersMiddleware(
            context => Settle(context, next),
            loggers,
            new OptionsWrapper<ForwardedHeadersOptions>(Read())
        );
        return middleware.Invoke;
    }

    private static Task Settle(HttpContext context, RequestDelegate next)
    {
        if (context.Connection.RemoteIpAddress is { } address)
        {
            context.Connection.RemoteIpAddress = ClientNetworks.Plain(address);
        }

        if (context.Request.Scheme is not ("http" or "https"))
        {
            context.Request.Scheme = context.Features.Get<ITlsHandshakeFeature>() is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        }

        return next(context);
    }

    private ForwardedHeadersOptions Read()
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            // Any number of trusted proxies, one behind another.
            ForwardLimit = null,
            // The middleware notes what was before in fields of these names. Fields that begin so are dropped before the primary.
            OriginalForHeaderName = "X-Forwarded-Before-For",
            OriginalProtoHeaderName = "X-Forwarded-Before-Proto",
            OriginalHostHeaderName = "X-Forwarded-Before-Host",
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (System.Net.IPNetwork network in proxies.Networks)
        {
            options.KnownIPNetworks.Add(network);
        }

        return options;
    }
}
