using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Waystation.TestKit.Servers;

/// <summary>Ports for servers that cannot choose one themselves.</summary>
public static class FreePort
{
    // Below the range from which Linux takes ports for outgoing connections: so a server that is stopped finds its port again.
    private const int First = 20_000,
        Last = 32_000;

    /// <summary>Ports that a test of this process has, even if its server does not run yet.</summary>
    private static readonly ConcurrentDictionary<int, bool> s_given = new();

    public static int Find()
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            int port = Random.Shared.Next(First, Last);
            if (s_given.ContainsKey(port))
            {
                continue;
            }

            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                if (s_given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }

        throw new InvalidOperationException($"no free port was found between {First} and {Last}");
    }

    /// <summary>Whether a server accepts connections on this port.</summary>
    public static async Task<bool> IsServedAsync(int port)
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
