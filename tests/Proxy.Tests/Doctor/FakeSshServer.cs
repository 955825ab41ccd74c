using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>An SSH server as far as its first messages, with any algorithms: no sshd of today offers the old ones alone.</summary>
internal sealed class FakeSshServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    /// <param name="banner">Its version line.</param>
    /// <param name="exchanges">Its key exchanges.</param>
    /// <param name="hostKeys">Its host key algorithms.</param>
    public FakeSshServer(string exchanges, string hostKeys, string banner = "SSH-2.0-Ancient_1.0")
    {
        _listener.Start();
        _serving = ServeAsync(Encoding.ASCII.GetBytes(banner + "\r\n"), PacketOf(exchanges, hostKeys));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Dispose();
    }

    private async Task ServeAsync(byte[] banner, byte[] packet)
    {
        while (true)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                NetworkStream stream = client.GetStream();
                await stream.WriteAsync(banner);
                await stream.WriteAsync(packet);
                await stream.CopyToAsync(Stream.Null);
            }
            catch (IOException)
            {
                // The client has gone.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    /// <summary>A key exchange init (RFC 4253, sections 6 and 7.1).</summary>
    private static byte[] PacketOf(string exchanges, string hostKeys)
    {
        using var payload = new MemoryStream();
        payload.WriteByte(20);
        payload.Write(new byte[16]);
        byte[] length = new byte[4];
        foreach (
            string names in (string[])[exchanges, hostKeys, "aes128-ctr", "aes128-ctr", "hmac-sha1", "hmac-sha1", "none", "none", "", ""]
        )
        {
            BinaryPrimitives.WriteInt32BigEndian(length, names.Length);
            payload.Write(length);
            payload.Write(Encoding.ASCII.GetBytes(names));
        }

        payload.Write(new byte[5]);
        int padding = 4 + ((8 - ((5 + (int)payload.Length + 4) % 8)) % 8);
        byte[] packet = new byte[5 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, 1 + (int)payload.Length + padding);
        packet[4] = (byte)padding;
        payload.ToArray().CopyTo(packet, 5);
        return packet;
    }
}
