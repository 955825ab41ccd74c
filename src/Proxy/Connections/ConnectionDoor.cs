using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Waystation.Primaries;
using Waystation.Proxy.Options;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Connections;

/// <summary>
/// Stands before TLS and HTTP at the clients' addresses. It accepts connections by <see cref="ClientConnections"/>, and ends a connection
/// without a whole head in time, or whose client takes nothing of its response any more.
/// </summary>
internal sealed class ConnectionDoor(
    ClientOptions options,
    ClientConnections connections,
    ProxyProtocol proxies,
    TimeProvider time,
    DoorMeters meters,
    ILogger<ConnectionDoor> logger
)
{
    /// <summary>How often a connection is checked within the stall timeout: a stall is found a quarter late at most.</summary>
    private const int LooksInAStall = 4;

    /// <summary>
    /// The server itself answers an unfinished head with 408; this is the time for that. Its clock has ticks of a second: it starts with
    /// the first bytes, adds a tick to the timeout and looks once a tick, so it is up to two seconds late on an idle machine.
    /// </summary>
    private static readonly TimeSpan s_serversOwn = TimeSpan.FromSeconds(5);

    /// <summary>The shortest time between two warnings.</summary>
    private static readonly TimeSpan s_betweenWarnings = TimeSpan.FromMinutes(1);

    /// <summary>The time after which a refused client may come again.</summary>
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _warning = new();
    private long _warned = time.GetTimestamp() - (long)(s_betweenWarnings.TotalSeconds * time.TimestampFrequency);

    /// <summary>The life of one connection.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) =>
        async context =>
        {
            IPEndPoint peer = PlainPeer(context);
            bool isOfProxy = proxies.IsProxy(peer.Address);
            ClientConnection? connection = connections.Admit(
                peer.Address,
                isOfProxy,
                reason => context.Abort(new ConnectionAbortedException(reason)),
                out ClientConnection? ended
            );
            NoteCrowd(peer.Address, connection, ended);
            if (connection is null)
            {
                context.Abort(new ConnectionAbortedException("too many connections"));
                return;
            }

            context.Features.Set(connection);
            meters.ConnectionOpened();
            TimeSpan late = options.HeadTimeout + s_serversOwn;
            await using ITimer head = time.CreateTimer(_ => EndSilent(connection), null, late, Timeout.InfiniteTimeSpan);
            var watch = new StallWatch(options.StallTimeout, time);
            Socket? socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
            TimeSpan look = options.StallTimeout / LooksInAStall;
            await using ITimer stall = time.CreateTimer(_ => EndStalled(connection, socket, watch), null, look, look);
            try
            {
                if (!isOfProxy || await MeetClientAsync(context, connection))
                {
                    await next(context);
                }
            }
            finally
            {
                connections.Leave(connection);
                meters.ConnectionClosed();
            }
        };

    /// <summary>One request on a connection.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ClientConnection>() is not { } connection)
        {
            await next(context);
            return;
        }

        connections.Begin(connection);
        try
        {
            if (connection.IsTurnedAway)
            {
                await TurnAwayAsync(context);
                return;
            }

            await next(context);
        }
        finally
        {
            connections.End(connection);
        }
    }

    /// <summary>A socket of both families says IPv4 addresses in the form of IPv6. From here on there is one form.</summary>
    private static IPEndPoint PlainPeer(ConnectionContext context)
    {
        var peer = context.RemoteEndPoint as IPEndPoint;
        var plain = new IPEndPoint(ClientNetworks.Plain(peer?.Address ?? IPAddress.None), peer?.Port ?? 0);
        context.RemoteEndPoint = plain;
        return plain;
    }

    /// <summary>Learns from a trusted proxy, by the PROXY protocol, for which client the connection is.</summary>
    /// <returns>False if the connection must be closed.</returns>
    private async Task<bool> MeetClientAsync(ConnectionContext context, ClientConnection connection)
    {
        EndPoint? proxy = context.RemoteEndPoint;
        try
        {
            ProxyHeader header = await ProxyProtocol.TakeAsync(context);
            if (header.Status == ProxyHeaderStatus.Malformed)
            {
                meters.ConnectionEnded("malformed");
                WarnAtTimes(() => logger.ProxyHeaderMalformed(proxy));
                context.Abort(new ConnectionAbortedException("the header of the PROXY protocol cannot be read"));
                return false;
            }

            if (header.Source is not { } client)
            {
                return true;
            }

            bool isAdmitted = connections.Move(connection, client.Address, out ClientConnection? ended);
            NoteCrowd(client.Address, isAdmitted ? connection : null, ended);
            if (!isAdmitted)
            {
                context.Abort(new ConnectionAbortedException("too many connections"));
            }

            return isAdmitted;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The proxy has left, or was too slow.
            return false;
        }
    }

    private static Task TurnAwayAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.RetryAfter = s_retryAfter.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }

        return context.Response.WriteAsync("waystation: too many connections are open\n", context.RequestAborted);
    }

    private void EndStalled(ClientConnection connection, Socket? socket, StallWatch watch)
    {
        if (socket is not null && SendProgress.Of(socket) is { } progress && watch.IsStalled(progress))
        {
            meters.ConnectionEnded("stalled");
            connection.Abort("the client takes nothing");
        }
    }

    private void EndSilent(ClientConnection connection)
    {
        if (!connection.HasAsked)
        {
            meters.ConnectionEnded("silent");
            connection.Abort("no request came");
        }
    }

    private void NoteCrowd(IPAddress address, ClientConnection? connection, ClientConnection? ended)
    {
        if (ended is null && connection is { IsTurnedAway: false })
        {
            return;
        }

        string what = ended is null ? "refused" : "ended";
        meters.ConnectionEnded(what);
        WarnAtTimes(() => logger.Crowded(address, what, connections.Count));
    }

    private void WarnAtTimes(Action warn)
    {
        lock (_warning)
        {
            if (time.GetElapsedTime(_warned) < s_betweenWarnings)
            {
                return;
            }

            _warned = time.GetTimestamp();
        }

        warn();
    }
}
