using System.Net.Sockets;

namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// Sockets of connections that no time limit cuts, however long a push or a large object takes. The connection itself finds out if the
/// server is gone.
/// </summary>
internal static class KeptAliveSocket
{
    public static Socket New()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        return socket;
    }
}
