using System.Net;

namespace Waystation.Proxy.Connections;

/// <summary>Log messages of the clients' connections; ids 2100 to 2199.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(
        2101,
        LogLevel.Warning,
        "too many client connections: {Count} are open, and a connection was {What}; the last client was {Address} "
            + "(Clients:MaxConnections, Clients:MaxConnectionsPerAddress)"
    )]
    public static partial void Crowded(this ILogger logger, IPAddress address, string what, int count);

    [LoggerMessage(2102, LogLevel.Warning, "{Proxy} is a trusted proxy, and sent a header of the PROXY protocol that cannot be read")]
    public static partial void ProxyHeaderMalformed(this ILogger logger, EndPoint? proxy);
}
