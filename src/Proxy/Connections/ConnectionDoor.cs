using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
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
    TimeProvider time,
    DoorMeters meters,
    ILogger<ConnectionDoor> logger
)
{
    /// <summary>How often a connection is checked within the stall timeout: a stall is found a quarter late at most.</summary>
    private const int LooksInAStall = 4;

    /// <summary>The server itself answers an unfinished head with 408; this is the time for that.</summary>
    private static readonly TimeSpan s_serversOwn = TimeSpan.FromSeconds(2);

    /// <summary>The shortest time between two warnings about a crowd.</summary>
    private static readonly TimeSpan s_betweenWarnings = TimeSpan.FromMinutes(1);

    /// <summary>The time after which a refused client may come again.</summary>
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _warning = new();
    private long _warned = time.GetTimestamp() - (long)(s_betweenWarnings.TotalSeconds * time.TimestampFrequency);

    /// <summary>The life of one connection.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) =>
        async context =>
        {
            IPAddress address = (context.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
            ClientConnection? connection = connections.Admit(
                address,
                reason => context.Abort(new ConnectionAbortedException(reason)),
                out ClientConnection? ended
            );
            if (ended is not null || connection is not { IsTurnedAway: false })
            {
                NoteCrowd(address, ended is null ? "refused" : "ended");
            }

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
                await next(context);
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

    private void NoteCrowd(IPAddress address, string what)
    {
        meters.ConnectionEnded(what);
        lock (_warning)
        {
            if (time.GetElapsedTime(_warned) < s_betweenWarnings)
            {
                return;
            }

            _warned = time.GetTimestamp();
        }

        logger.Crowded(address, what, connections.Count);
    }
}
