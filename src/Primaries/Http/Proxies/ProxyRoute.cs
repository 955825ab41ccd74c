using System.Net;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>
/// Which proxy a request of the node goes through: that of the settings for all requests, else that of the environment. The names of the
/// variables are those of curl and git. In lower case they count first.
/// </summary>
public sealed class ProxyRoute : IWebProxy, ICredentials
{
    private readonly ProxyServer? _http;
    private readonly ProxyServer? _https;
    private readonly NoProxyList _direct;

    private ProxyRoute(ProxyServer? http, ProxyServer? https, NoProxyList direct) => (_http, _https, _direct) = (http, https, direct);

    /// <summary>No proxy at all.</summary>
    public static ProxyRoute Direct { get; } = new(null, null, new NoProxyList(null));

    /// <inheritdoc />
    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException();
    }

    /// <summary>The proxy of the settings; without one, those that the environment of the node names.</summary>
    public static ProxyRoute Of(ProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Url is not { } url)
        {
            return OfEnvironment(Environment.GetEnvironmentVariable);
        }

        var server = new ProxyServer(
            url,
            options is { Username: { } user, PasswordFile: { } file }
                ? () => new NetworkCredential(user, File.ReadAllText(file).TrimEnd('\r', '\n'))
                : null
        );
        return new ProxyRoute(server, server, new NoProxyList(null));
    }

    internal static ProxyRoute OfEnvironment(Func<string, string?> variable)
    {
        return new ProxyRoute(
            Server("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
            Server("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
            new NoProxyList(First("no_proxy", "NO_PROXY"))
        );

        ProxyServer? Server(params string[] names) =>
            First(names) is { } text && ProxyServer.TryParse(text, out ProxyServer? server) ? server : null;

        string? First(params string[] names) => names.Select(variable).FirstOrDefault(static value => !string.IsNullOrEmpty(value));
    }

    /// <inheritdoc />
    public Uri? GetProxy(Uri destination) =>
        // TLS with the proxy itself is made with the connection, because .NET would show it the certificate that is for the primary.
        Find(destination) is not { } server
            ? null
        : server.IsTls ? new UriBuilder(server.Url) { Scheme = Uri.UriSchemeHttp }.Uri
        : server.Url;

    /// <inheritdoc />
    public bool IsBypassed(Uri host) => Find(host) is null;

    /// <summary>The node's login at a proxy.</summary>
    NetworkCredential? ICredentials.GetCredential(Uri uri, string authType) =>
        ServerAt(new DnsEndPoint(uri.IdnHost.Trim('[', ']'), uri.Port))?.Login?.Invoke();

    /// <summary>The proxy for a URL; null if the node asks it directly.</summary>
    internal ProxyServer? Find(Uri destination) =>
        _direct.Has(destination) ? null
        : destination.Scheme == Uri.UriSchemeHttps ? _https
        : _http;

    /// <summary>The proxy at an address; null if none is there.</summary>
    internal ProxyServer? ServerAt(DnsEndPoint address) =>
        IsAt(_https, address) ? _https
        : IsAt(_http, address) ? _http
        : null;

    private static bool IsAt(ProxyServer? server, DnsEndPoint address) =>
        server is not null
        && server.Url.Port == address.Port
        && string.Equals(server.Url.IdnHost.Trim('[', ']'), address.Host, StringComparison.OrdinalIgnoreCase);
}
