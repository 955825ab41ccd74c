using System.IO.Enumeration;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.Proxy.Settings;
using Waystation.SshFrontend.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>One primary: its name, how to connect to it, and what of it is cached.</summary>
internal sealed class Primary : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The sockets of connections that are being made, by the request that asked for them.</summary>
    private readonly ConditionalWeakTable<HttpRequestMessage, Socket> _sockets = [];

    private readonly PrimarySettings _settings;
    private PrimarySettings _selection;
    private readonly ReadBudget _budget;
    private readonly PrimaryProbe _probe;

    /// <summary>Connects anew for each request.</summary>
    private readonly HttpMessageInvoker _fresh;

    public Primary(PrimarySettings settings, TimeProvider time, ILogger<Primary> logger)
    {
        _settings = _selection = settings;
        _budget = new ReadBudget(settings.MaxRequests);
        SocketsHttpHandler probing = NewSockets();
        probing.ConnectTimeout = PrimaryProbe.ConnectWithin;
        _probe = new PrimaryProbe(this, new StrictTargets(probing), settings.AnswerWithin, time);
        Health = new PrimaryHealth(Authority, _probe.AskAsync, time, logger);
        Invoker = new HttpMessageInvoker(new AnswerNotes(new PromptUploads(NewHandler()), Health));
        SocketsHttpHandler once = NewSockets();
        once.PooledConnectionLifetime = TimeSpan.Zero;
        _fresh = new HttpMessageInvoker(new AnswerNotes(new PromptUploads(new StrictTargets(once)), Health));
        Gate = new PrimaryGate(Invoker, _fresh, Health, new RepositoryOutages(_probe.AskForAsync, Health, time, logger), _budget, time);
    }

    /// <summary>Host and, where it is not the scheme's own, port: what the primary sees as <c>Host</c>.</summary>
    public string Authority => _settings.Url.Authority;

    public string Host => _settings.Url.Host;

    public string Scheme => _settings.Url.Scheme;

    /// <summary>Scheme and authority, without a slash at the end.</summary>
    public string Prefix => _settings.Url.GetLeftPart(UriPartial.Authority);

    public VisibilityRule Visibility => _settings.Visibility;

    /// <summary>For which requests it may decide by the client's address.</summary>
    public AddressRule DecidesByAddress => _settings.DecidesByAddress;

    /// <summary>Shared connections, for all logins that belong to a request.</summary>
    public HttpMessageInvoker Invoker { get; }

    public RepositoryName NameOf(string path) => new(Authority, RepositoryPaths.NameOf(_settings.Kind, path));

    /// <summary>The path over HTTP of a repository of this primary.</summary>
    public string HttpPathOf(RepositoryName repository) => RepositoryPaths.HttpPathOf(_settings.Kind, repository.Path);

    /// <summary>The path over SSH of a repository of this primary.</summary>
    public string SshPathOf(RepositoryName repository) =>
        RepositoryPaths.SshPathOf(_settings.Kind, _settings.SshPathPrefix, repository.Path);

    /// <summary>What reads pass on their way to <see cref="Invoker"/>.</summary>
    public PrimaryGate Gate { get; }

    public PrimaryHealth Health { get; }

    /// <summary>What stands for the host in names of repositories that HTTP has no path for.</summary>
    public string SshOnlyHost => $"ssh:{Authority}";

    /// <summary>The path over HTTP of what a client names over SSH; null where HTTP has none.</summary>
    public string? PathOverHttp(string sshPath) => RepositoryPaths.OverHttp(_settings.Kind, _settings.SshPathPrefix, sshPath);

    /// <summary>The primary's SSH; null where there is none to use.</summary>
    public SshTarget? Ssh => _settings.Ssh;

    /// <summary>The node's own credential; null where it has none.</summary>
    public ServiceCredential? Service => _settings.Service;

    public bool Selects(string path)
    {
        PrimarySettings chosen = Volatile.Read(ref _selection);
        return (chosen.Include.Count == 0 || chosen.Include.Any(glob => Matches(glob, path)))
            && !chosen.Exclude.Any(glob => Matches(glob, path));
    }

    /// <summary>Changes which projects are selected; the rest stays as it was at the start.</summary>
    public void Reselect(PrimarySettings settings) => Volatile.Write(ref _selection, settings);

    /// <summary>The exact target that the client wrote, at the primary: no decoding, no dot segments resolved.</summary>
    /// <exception cref="ArgumentException">A request line cannot hold the target.</exception>
    public Uri UriOf(string target) =>
        RequestTarget.IsWellFormed(target)
            ? new Uri(Prefix + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })
            : throw new ArgumentException("a request line cannot hold this target", nameof(target));

    /// <summary>Whether a URL leads to this primary, by its name or where the node connects to instead.</summary>
    public bool IsOwn(Uri url) =>
        url is { UserInfo: "" }
        && url.Scheme == _settings.Url.Scheme
        && (
            IsAt(url, _settings.Url.IdnHost, _settings.Url.Port)
            || (_settings.Address is { } address && IsAt(url, address.Host, address.Port))
        );

    /// <summary>Connections for one client connection alone, whose login belongs to the connection.</summary>
    public HttpMessageInvoker NewBoundInvoker()
    {
        SocketsHttpHandler handler = NewSockets();
        handler.MaxConnectionsPerServer = 1;
        handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        handler.PooledConnectionLifetime = Timeout.InfiniteTimeSpan;
        return new HttpMessageInvoker(new AnswerNotes(new PromptUploads(new StrictTargets(handler)), Health));
    }

    public void Dispose()
    {
        Health.Dispose();
        _probe.Dispose();
        Invoker.Dispose();
        _fresh.Dispose();
        _budget.Dispose();
    }

    private static bool IsAt(Uri url, string host, int port) =>
        url.Port == port && string.Equals(url.IdnHost.Trim('[', ']'), host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    private static bool Matches(string glob, string path) =>
        FileSystemName.MatchesSimpleExpression(glob, path, ignoreCase: false)
        || (
            path.EndsWith(".git", StringComparison.Ordinal)
            && FileSystemName.MatchesSimpleExpression(glob, path.AsSpan()[..^4], ignoreCase: false)
        );

    private StrictTargets NewHandler() => new(NewSockets());

    private SocketsHttpHandler NewSockets() =>
        new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = _settings.Address is null,
            ActivityHeadersPropagator = null,
            ConnectTimeout = s_connectTimeout,
            MaxResponseHeadersLength = 128, // KiB
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // After this a connection takes no further request, so that a name which leads elsewhere is followed; what is under way goes
            // on.
            PooledConnectionLifetime = _settings.ReconnectEvery,
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
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // No time limit cuts a long push; a primary that is gone is found out by the connection itself.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
            await socket.ConnectAsync(_settings.Address ?? context.DnsEndPoint, cancellationToken);
            _sockets.AddOrUpdate(context.InitialRequestMessage, socket);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
