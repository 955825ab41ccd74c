using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Waystation.Proxy.Options;

/// <summary>An address to listen on, written as a URL; port 0 lets the system choose.</summary>
internal sealed record ListenAddress(IPEndPoint EndPoint, bool IsTls)
{
    public const string Accepted =
        "an http:// or https:// URL with an IP address, localhost or * and a port, such as http://127.0.0.1:8080";

    public bool IsLoopback => IPAddress.IsLoopback(EndPoint.Address);

    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        // Uri does not accept "*", which stands for every address, as a host.
        if (
            !Uri.TryCreate(text.Replace("://*", "://[::]", StringComparison.Ordinal), UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/"
            || uri.UserInfo.Length > 0
        )
        {
            return false;
        }

        IPAddress? ip =
            uri.Host == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(uri.Host, out IPAddress? parsed) ? parsed
            : null;
        if (ip is null)
        {
            return false;
        }

        address = new ListenAddress(new IPEndPoint(ip, uri.Port), uri.Scheme == Uri.UriSchemeHttps);
        return true;
    }

    public string UrlAt(IPEndPoint bound) => $"{(IsTls ? "https" : "http")}://{bound}";
}
