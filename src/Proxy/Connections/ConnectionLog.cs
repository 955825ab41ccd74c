using System.Net;

namespace Waystation.Proxy.Connections;

/// <summary>What the clients' connections tell the log; ids 2100 to 2199.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(
        2101,
        LogLevel.Warning,
        "too many client connections: the last came from {Address}, one was {What}; {Count} are open (Clients:MaxConnections…)"
    )]
    public static partial void Crowded(this ILogger logger, IPAddress address, string what, int count);
}
