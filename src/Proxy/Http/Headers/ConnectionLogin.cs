using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Waystation.Primaries;

namespace Waystation.Proxy.Http.Headers;

/// <summary>
/// Logins that belong to a connection and not to a request (NTLM, Negotiate: RFC 4559). From the first such request on, the whole client
/// connection uses an upstream connection of its own, which closes with it, and no ticket.
/// </summary>
internal static class ConnectionLogin
{
    /// <summary>HTTP_1_1_REQUIRED (RFC 9113, section 7): these logins have no meaning on a shared connection.</summary>
    private const int Http11Required = 0xd;

    /// <summary>The connection's own upstream, made when this request logs the connection in; null for ordinary connections.</summary>
    public static HttpMessageInvoker? Find(HttpContext context, Primary primary)
    {
        IDictionary<object, object?> items = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
        // Keyed by the primary: a login at one primary must not go to another.
        if (items.TryGetValue(primary, out object? known))
        {
            return (HttpMessageInvoker?)known;
        }

        if (!HasConnectionLogin(context.Request) || HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return null;
        }

        HttpMessageInvoker invoker = primary.Http.NewBoundInvoker();
        items[primary] = invoker;
        context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().ConnectionClosed.Register(invoker.Dispose);
        return invoker;
    }

    /// <summary>Sends a client that tries such a login over HTTP/2 to HTTP/1.1.</summary>
    public static bool TryTurnAway(HttpContext context)
    {
        if (
            !HttpProtocol.IsHttp2(context.Request.Protocol)
            || !HasConnectionLogin(context.Request)
            || context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>() is not { } reset
        )
        {
            return false;
        }

        reset.Reset(Http11Required);
        return true;
    }

    private static bool HasConnectionLogin(HttpRequest request) =>
        request.Headers.Authorization.Any(static value =>
            value is not null
            && (
                value.StartsWith("NTLM", StringComparison.OrdinalIgnoreCase)
                || value.StartsWith("Negotiate", StringComparison.OrdinalIgnoreCase)
            )
        );
}
