using System.Net.Sockets;
using System.Text;

namespace Waystation.Proxy.Hosting;

/// <summary>Tells the service manager that started the node when the node takes requests (sd_notify(3), <c>Type=notify</c>).</summary>
internal static class ReadyNotice
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>Says that the node is ready; nothing where no service manager waits for it.</summary>
    public static void Send(ILogger logger)
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } address)
        {
            return;
        }

        // An address that begins with @ has no file; its first byte is 0 (unix(7)).
        string path = address[0] == '@' ? '\0' + address[1..] : address;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes("READY=1"), new UnixDomainSocketEndPoint(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            logger.ReadyNoticeLost(address, e.Message);
        }
    }
}
