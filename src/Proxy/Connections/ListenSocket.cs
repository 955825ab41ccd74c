using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Waystation.Proxy.Connections;

/// <summary>
/// Binds a listening socket on which the kernel holds little for a client that does not read. Accepted sockets inherit the option
/// (tcp(7)), so it costs the node nothing while it serves.
/// </summary>
internal static class ListenSocket
{
    private const int Tcp = 6;
    private const int NotSentLowWater = 25;

    /// <summary>
    /// Bytes of an answer that lie in the kernel and have not left. Without a bound they are as many as the send buffer grows to, 4 MiB
    /// for each client that does not read. One piece of a pack fits. What is on its way to a distant client is not counted, so its link
    /// stays full.
    /// </summary>
    private const int MaxNotSent = 256 * 1024;

    public static Socket Bind(EndPoint endPoint)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(Tcp, NotSentLowWater, BitConverter.GetBytes(MaxNotSent));
        }

        return socket;
    }
}
