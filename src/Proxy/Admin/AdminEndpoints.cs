using System.Net;
using System.Security.Cryptography;
using System.Text;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Admin;

/// <summary>The operator's door: health, readiness, metrics and the admin API, on an address of its own that clients never reach.</summary>
internal sealed class AdminEndpoints(AdminOptions options, PrometheusPage metrics, AdminApi api, IHostApplicationLifetime lifetime)
{
    public Task HandleAsync(HttpContext context)
    {
        if (options.Listen.IsLoopback && !IsLoopbackName(context.Request.Host.Host))
        {
            // A page of a stranger's, with a name that resolves to this machine, would otherwise read what is here.
            return AnswerAsync(context, StatusCodes.Status421MisdirectedRequest, "the admin address answers to loopback names only\n");
        }

        if (context.Request.Path.Value!.StartsWith(AdminApi.Prefix, StringComparison.Ordinal))
        {
            return IsAllowed(context) ? api.HandleAsync(context) : RefuseAsync(context);
        }

        if (context.Request.Method is not ("GET" or "HEAD"))
        {
            return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "GET only\n");
        }

        return context.Request.Path.Value switch
        {
            "/healthz" => AnswerAsync(context, StatusCodes.Status200OK, "healthy\n"),
            "/readyz" => lifetime.ApplicationStopping.IsCancellationRequested
                ? AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "stopping\n")
                : AnswerAsync(context, StatusCodes.Status200OK, "ready\n"),
            "/metrics" when IsAllowed(context) => AnswerAsync(
                context,
                StatusCodes.Status200OK,
                metrics.Render(),
                PrometheusPage.ContentType
            ),
            "/metrics" => RefuseAsync(context),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, "there is /healthz, /readyz, /metrics and /api/v1/\n"),
        };
    }

    private static bool IsLoopbackName(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private bool IsAllowed(HttpContext context)
    {
        if (options.TokenFile is null)
        {
            return true;
        }

        // Read each time: a token may be exchanged while the node runs.
        string token = File.ReadAllText(options.TokenFile).Trim();
        return token.Length > 0
            && CryptographicOperations.FixedTimeEquals(
                SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {token}")),
                SHA256.HashData(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()))
            );
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return AnswerAsync(context, StatusCodes.Status401Unauthorized, "the admin token is wanted: Authorization: Bearer …\n");
    }

    private static Task AnswerAsync(HttpContext context, int status, string text, string type = "text/plain; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
