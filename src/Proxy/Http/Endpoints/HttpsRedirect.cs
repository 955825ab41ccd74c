using System.Globalization;
using Waystation.Primaries;
using Waystation.Primaries.Http.Connections;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// The plain addresses that only send clients to https, at the same name and target. Nothing of a request goes anywhere: a password that
/// came in plain text never reaches the primary. The status is 308, because a client may change a POST to a GET at 301 and 302 (RFC 9110,
/// section 15.4). git follows a redirect at <c>info/refs</c> only, and asks at the new URL from then on.
/// </summary>
internal sealed class HttpsRedirect(PrimaryMap primaries, TlsOptions options)
{
    private const int StandardPort = 443;

    private int _port = StandardPort;

    /// <summary>The https address is open.</summary>
    /// <param name="port">Its port.</param>
    public void Opened(int port) => _port = port;

    public async Task HandleAsync(HttpContext context)
    {
        string target = GitRequest.From(context).Target;
        if (!context.Request.Host.HasValue || !RequestTarget.IsWellFormed(target))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        string host = context.Request.Host.Host;
        if (primaries.Find(host) is null)
        {
            await GitEndpoints.MisdirectAsync(context);
            return;
        }

        int port = options.RedirectPort == 0 ? _port : options.RedirectPort;
        string authority = port == StandardPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = $"https://{authority}{target}";
    }
}
