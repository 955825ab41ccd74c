using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Http.Proxies;

namespace Waystation.Primaries.Lfs;

/// <summary>
/// Where LFS objects lie: at the primary, or in a storage that the primary names. The node follows the primary's actions within the rule of
/// <see cref="StorageHosts"/>. A user's login goes to the primary only.
/// </summary>
public sealed class LfsStorage : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15);

    private readonly StorageHosts _hosts;

    /// <summary>Connections for each primary: its proxies and its authorities are its own.</summary>
    private readonly ConcurrentDictionary<HttpOrigin, HttpMessageInvoker> _invokers = new();

    /// <param name="hosts">The hosts that may be asked.</param>
    /// <param name="meters">Counts requests.</param>
    /// <param name="time">The clock.</param>
    public LfsStorage(StorageHosts hosts, FetchMeters meters, TimeProvider time) => (_hosts, Meters, Time) = (hosts, meters, time);

    internal FetchMeters Meters { get; }

    internal TimeProvider Time { get; }

    /// <summary>The source that an action names; null if the node does not follow it, and the client goes there itself.</summary>
    /// <param name="origin">The primary.</param>
    /// <param name="action">The action of the primary's answer.</param>
    /// <param name="login">The client.</param>
    public ILfsSource? SourceOf(HttpOrigin origin, LfsAction action, LfsLogin login)
    {
        ArgumentNullException.ThrowIfNull(action);
        return
            Uri.TryCreate(action.Href, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out Uri? url)
            && _hosts.MayAsk(url, origin)
            && url.Fragment.Length == 0
            && RequestTarget.IsWellFormed(url.PathAndQuery)
            && action.Header.All(LfsFields.MaySend)
            ? new HttpLfsSource(this, origin, url, action.Header, login)
            : null;
    }

    /// <summary>Whether the node may ask a URL that the primary named.</summary>
    internal bool MayAsk(Uri url, HttpOrigin origin) => _hosts.MayAsk(url, origin);

    /// <summary>Whether the node may ask a URL to which it was redirected.</summary>
    internal bool MayFollow(Uri url, Uri from, HttpOrigin origin) =>
        _hosts.MayAsk(url, origin)
        && RequestTarget.IsWellFormed(url.PathAndQuery)
        // What was asked for in secret is not asked for in the open.
        && (from.Scheme != Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttps);

    /// <summary>Sends a request to the primary or to a storage.</summary>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpOrigin origin, CancellationToken cancellationToken)
    {
        if (origin.IsOwn(request.RequestUri!))
        {
            return origin.Gate.TryAsync(request, cancellationToken);
        }

        return _invokers.GetOrAdd(origin, NewInvoker).SendAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (HttpMessageInvoker invoker in _invokers.Values)
        {
            invoker.Dispose();
        }
    }

    private HttpMessageInvoker NewInvoker(HttpOrigin origin)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = s_connectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            Proxy = origin.StorageProxy,
            SslOptions = origin.Trust.ForOthers(),
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context, origin, cancellationToken),
        };
        return new HttpMessageInvoker(
            new StrictTargets(new FailureWords(new ProxiedTargets(sockets, origin.StorageProxy, address: null), origin.StorageProxy))
        );
    }

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        HttpOrigin origin,
        CancellationToken cancellationToken
    )
    {
        HttpRequestMessage request = context.InitialRequestMessage;
        bool isProxy = request.Method == HttpMethod.Connect || origin.StorageProxy.Find(request.RequestUri!) is not null;
        IPAddress[] addresses = isProxy ? [] : await _hosts.AddressesAsync(request.RequestUri!, origin, cancellationToken);
        Socket socket = KeptAliveSocket.New();
        try
        {
            // The very addresses that were checked: a second look-up of the name may bring others.
            await (
                isProxy
                    ? socket.ConnectAsync(context.DnsEndPoint, cancellationToken).AsTask()
                    : socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).AsTask()
            );
            return await ProxyConnection.OpenAsync(
                new NetworkStream(socket, ownsSocket: true),
                isProxy ? origin.StorageProxy.ServerAt(context.DnsEndPoint) : null,
                origin.Trust.ForOthers(),
                cancellationToken
            );
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
