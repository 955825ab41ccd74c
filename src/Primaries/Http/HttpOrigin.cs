using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Http.Proxies;
using Waystation.Primaries.Http.Responses;
using Waystation.Primaries.Http.Trust;

namespace Waystation.Primaries.Http;

/// <summary>
/// The primary as an HTTP origin (RFC 9110, section 4.3.1): its URL, the connections to it and the gate in front of them. Every request
/// that the node sends over HTTP goes out here.
/// </summary>
public sealed class HttpOrigin : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The sockets of connections that are being made, by the request that asked for them.</summary>
    private readonly ConditionalWeakTable<HttpRequestMessage, Socket> _sockets = [];

    private readonly HttpOriginOptions _options;
    private readonly PrimaryProbe _probe;

    /// <summary>Opens a new connection for each request.</summary>
    private readonly HttpMessageInvoker _fresh;

    /// <param name="options">The origin's address and limits.</param>
    /// <param name="budget">The budget of reads at this primary.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public HttpOrigin(HttpOriginOptions options, ReadBudget budget, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        StrictTargets probing = NewWire(static sockets => sockets.ConnectTimeout = PrimaryProbe.ConnectWithin);
        _probe = new PrimaryProbe(this, options.OwnQuestion, probing, options.AnswerWithin, time);
        Health = new PrimaryHealth(Authority, _probe.AskAsync, time, logger);
        Invoker = new HttpMessageInvoker(new HealthHandler(new FlushEachWriteHandler(NewWire()), Health));
        StrictTargets once = NewWire(static sockets => sockets.PooledConnectionLifetime = TimeSpan.Zero);
        _fresh = new HttpMessageInvoker(new HealthHandler(new FlushEachWriteHandler(once), Health));
        var gate = new PrimaryGate(Health, new RepositoryOutages(_probe.AskForAsync, Health, time, logger), budget, time);
        Gate = new HttpGate(Invoker, _fresh, gate, time);
    }

    /// <summary>Host and, if it is not the scheme's own, port: the <c>Host</c> field for the primary.</summary>
    public string Authority => _options.Url.Authority;

    /// <summary>The name without a port, as a request line has it.</summary>
    public string Host => _options.Url.IdnHost;

    /// <summary>The name or address to which the node connects.</summary>
    public string ConnectHost => _options.Address?.Host ?? _options.Url.IdnHost.Trim('[', ']');

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme => _options.Url.Scheme;

    /// <summary>Scheme and authority, without a slash at the end.</summary>
    public string Prefix => _options.Url.GetLeftPart(UriPartial.Authority);

    /// <summary>Shared connections, for all logins that belong to a request.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>What reads pass on their way to <see cref="Invoker"/>.</summary>
    public HttpGate Gate { get; }

    /// <summary>Whether the origin answers.</summary>
    public PrimaryHealth Health { get; }

    /// <summary>By what certificates are judged.</summary>
    internal PrimaryTrust Trust => _options.Trust;

    /// <summary>The proxies on the way to storages that this primary names.</summary>
    internal ProxyRoute StorageProxy => _options.StorageProxy;

    /// <summary>The exact target that the client wrote, at the primary: no decoding, no dot segments resolved.</summary>
    /// <exception cref="ArgumentException">A request line cannot hold the target.</exception>
    public Uri UriOf(string target) =>
        RequestTarget.IsWellFormed(target)
            ? new Uri(Prefix + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
            : throw new ArgumentException("the request target has a character that a request line cannot hold", nameof(target));

    /// <summary>Whether a URL leads to this primary, by its name or by the address to which the node connects.</summary>
    public bool IsOwn(Uri url) =>
        url is { UserInfo: "" }
        && url.Scheme == _options.Url.Scheme
        && (
            IsAt(url, _options.Url.IdnHost, _options.Url.Port) || (_options.Address is { } address && IsAt(url, address.Host, address.Port))
        );

    /// <summary>Path and query of a URL that leads to this primary, to the letter; null for a URL that leads elsewhere.</summary>
    public string? OwnTargetOf(string href)
    {
        ArgumentNullException.ThrowIfNull(href);
        return
            Uri.TryCreate(href, UriKind.Absolute, out Uri? parsed)
            && IsOwn(parsed)
            && href.IndexOf('/', href.IndexOf("//", StringComparison.Ordinal) + 2) is > 0 and var path
            ? href[path..]
            : null;
    }

    /// <summary>The URL of a repository's LFS, where the primary names no other (git-lfs docs/api/server-discovery.md).</summary>
    /// <param name="path">The path of the repository, without a leading slash.</param>
    public Uri LfsUrlOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return UriOf($"/{path}{(path.EndsWith(".git", StringComparison.Ordinal) ? "" : ".git")}/info/lfs");
    }

    /// <summary>Connections for one client connection whose login belongs to the connection.</summary>
    public HttpMessageInvoker NewBoundInvoker()
    {
        // Another connection would have lost the login, so this one outlives a change of the node's own certificate.
        SocketsHttpHandler sockets = NewSockets();
        sockets.MaxConnectionsPerServer = 1;
        sockets.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        sockets.PooledConnectionLifetime = Timeout.InfiniteTimeSpan;
        return new HttpMessageInvoker(new HealthHandler(new FlushEachWriteHandler(Over(sockets)), Health));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Health.Dispose();
        _probe.Dispose();
        Invoker.Dispose();
        _fresh.Dispose();
    }

    private static bool IsAt(Uri url, string host, int port) =>
        url.Port == port && string.Equals(url.IdnHost.Trim('[', ']'), host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    private StrictTargets NewWire(Action<SocketsHttpHandler>? adjust = null) =>
        Over(
            new RenewedSockets(
                _options.Trust,
                () =>
                {
                    SocketsHttpHandler sockets = NewSockets();
                    adjust?.Invoke(sockets);
                    return sockets;
                }
            )
        );

    private StrictTargets Over(HttpMessageHandler sockets) =>
        new(new FailureWords(new ProxiedTargets(sockets, _options.Proxy, _options.Address), _options.Proxy));

    private SocketsHttpHandler NewSockets() =>
        new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            Proxy = Scheme == Uri.UriSchemeHttps ? _options.Proxy : new BareProxies(_options.Proxy),
            SslOptions = _options.Trust.ForPrimary(),
            ActivityHeadersPropagator = null,
            ConnectTimeout = s_connectTimeout,
            MaxResponseHeadersLength = 128, // KiB
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // After this time a connection takes no further request, so that a changed address of the name is followed. Requests under way
            // go on.
            PooledConnectionLifetime = _options.ReconnectEvery,
            ConnectCallback = ConnectAsync,
            PlaintextStreamFilter = (context, _) =>
                ValueTask.FromResult<Stream>(
                    new PrimaryConnection(
                        context.PlaintextStream,
                        _sockets.TryGetValue(context.InitialRequestMessage, out Socket? socket) ? socket : null
                    )
                ),
        };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = KeptAliveSocket.New();
        try
        {
            ProxyServer? proxy = _options.Proxy.ServerAt(context.DnsEndPoint);
            DnsEndPoint to = proxy is null ? _options.Address ?? context.DnsEndPoint : context.DnsEndPoint;
            await socket.ConnectAsync(to, cancellationToken);
            _sockets.AddOrUpdate(context.InitialRequestMessage, socket);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return await ProxyConnection.OpenAsync(stream, proxy, _options.Trust.ForOthers(), cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
