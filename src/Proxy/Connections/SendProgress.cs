using System.Net.Sockets;

namespace Waystation.Proxy.Connections;

/// <summary>
/// How much of the sent data a client has taken, as the kernel knows it (<c>struct tcp_info</c>, linux/tcp.h). The kernel's own
/// TCP_USER_TIMEOUT is not used, because it also ends a client that opens its window by less than a segment each time: slow, not stalled.
/// </summary>
/// <param name="Acknowledged">Bytes that the client has acknowledged since the connection began.</param>
/// <param name="IsOwed">Whether there are bytes that are not acknowledged or not sent.</param>
internal readonly record struct SendProgress(ulong Acknowledged, bool IsOwed)
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;

    private const int UnacknowledgedAt = 24;
    private const int BytesAcknowledgedAt = 120;
    private const int NotSentAt = 144;
    private const int Length = 148;

    /// <summary>Null if the kernel does not report it.</summary>
    public static SendProgress? Of(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[Length];
        try
        {
            if (socket.GetRawSocketOption(Tcp, TcpInfo, info) < Length)
            {
                return null;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }

        // In the byte order of the machine, as the kernel wrote it.
        return new SendProgress(
            BitConverter.ToUInt64(info[BytesAcknowledgedAt..]),
            BitConverter.ToUInt32(info[UnacknowledgedAt..]) > 0 || BitConverter.ToUInt32(info[NotSentAt..]) > 0
        );
    }
}
