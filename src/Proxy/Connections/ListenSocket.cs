using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Waystation.Proxy.Connections;

/// <summary>
/// Binds a listening socket for which the kernel holds few bytes for a client that does not read. Accepted sockets inherit the option
/// (tcp(7)), so it costs nothing while the node serves.
/// </summary>
internal static class ListenSocket
{
    private const int Tcp = 6;
    private const int NotSentLowWater = 25;

    /// <summary>
    /// Bytes of a response that the kernel holds and has not sent. Without a bound the send buffer grows to 4 MiB for each client that does
    /// not read. One piece of a pack fits. Bytes on their way to a distant client do not count, so its link stays full.
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
