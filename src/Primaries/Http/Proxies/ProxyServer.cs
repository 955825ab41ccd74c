using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>One proxy.</summary>
/// <param name="Url">Its URL, without a login.</param>
/// <param name="Login">Reads the node's login there; null if it has none.</param>
internal sealed record ProxyServer(Uri Url, Func<NetworkCredential>? Login)
{
    private const string Socks = "socks5";

    /// <summary>Whether the node speaks TLS with the proxy itself.</summary>
    public bool IsTls => Url.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether the proxy gets the requests for http URLs themselves. Over SOCKS it gets only connections.</summary>
    public bool IsHttp => Url.Scheme != Socks;

    public static bool IsKnown(string scheme) => scheme is "http" or "https" or Socks;

    /// <summary>Reads the value of a variable as curl does: a URL, perhaps without its scheme, perhaps with a login.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ProxyServer? server)
    {
        server = null;
        string url = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        // With an h the proxy looks the name up, which is the only way that .NET knows.
        url = url.StartsWith("socks5h://", StringComparison.OrdinalIgnoreCase) ? "socks5" + url["socks5h".Length..] : url;
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) || !IsKnown(parsed.Scheme) || parsed.Host.Length == 0)
        {
            return false;
        }

        var plain = new Uri($"{parsed.Scheme}://{parsed.Host}:{(parsed.Port > 0 ? parsed.Port : 1080)}");
        string[] login = parsed.UserInfo.Split(':', 2);
        server = new ProxyServer(
            plain,
            parsed.UserInfo.Length == 0
                ? null
                : () => new NetworkCredential(Uri.UnescapeDataString(login[0]), Uri.UnescapeDataString(login.ElementAtOrDefault(1) ?? ""))
        );
        return true;
    }
}
