using System.Net;
using System.Net.Sockets;
using Waystation.FetchCore.Lfs;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Lfs;

/// <summary>
/// Where LFS objects lie: at the primary, or in a storage that the primary names. The node follows the primary's actions within the rule of
/// <see cref="StorageHosts"/>. A user's login goes to the primary only.
/// </summary>
public sealed class LfsStorage : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Carries the primary that named a URL to the place where the node connects.</summary>
    private static readonly HttpRequestOptionsKey<HttpOrigin> s_origin = new("waystation.primary");

    private readonly StorageHosts _hosts;
    private readonly HttpMessageInvoker _invoker;

    /// <param name="hosts">The hosts that may be asked.</param>
    /// <param name="meters">Counts requests.</param>
    /// <param name="time">The clock.</param>
    public LfsStorage(StorageHosts hosts, FetchMeters meters, TimeProvider time)
    {
        (_hosts, Meters, Time) = (hosts, meters, time);
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = s_connectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = ConnectAsync,
        };
        _invoker = new HttpMessageInvoker(new StrictTargets(sockets));
    }

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

        request.Options.Set(s_origin, origin);
        return _invoker.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _invoker.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Uri url = context.InitialRequestMessage.RequestUri!;
        HttpOrigin origin = context.InitialRequestMessage.Options.TryGetValue(s_origin, out HttpOrigin? known)
            ? known
            : throw new InvalidOperationException("a request to a storage names no primary");
        bool isProxy = context.DnsEndPoint.Host != url.IdnHost.Trim('[', ']') || context.DnsEndPoint.Port != url.Port;
        IPAddress[] addresses = await _hosts.AddressesAsync(url, origin, cancellationToken);
        Socket socket = KeptAliveSocket.New();
        try
        {
            // The very addresses that were checked: a second look-up of the name may bring others.
            await (
                isProxy
                    ? socket.ConnectAsync(context.DnsEndPoint, cancellationToken).AsTask()
                    : socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken).AsTask()
            );
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
