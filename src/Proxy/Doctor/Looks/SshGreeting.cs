using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>The first messages of an SSH server, which come before any login (RFC 4253, sections 4.2 and 7.1).</summary>
/// <param name="Banner">Its version line, such as <c>SSH-2.0-OpenSSH_9.2</c>.</param>
/// <param name="KeyExchanges">The key exchanges that it takes.</param>
/// <param name="HostKeyTypes">The algorithms with which it proves its host keys.</param>
internal sealed record SshGreeting(string Banner, IReadOnlyList<string> KeyExchanges, IReadOnlyList<string> HostKeyTypes)
{
    private const int MaxLines = 64;
    private const int MaxLine = 1024;
    private const int MaxPacket = 256 * 1024;
    private const byte KeyExchangeInit = 20;

    /// <summary>The number of the message and the cookie.</summary>
    private const int FixedLength = 1 + 16;

    /// <exception cref="SocketException">There is no connection.</exception>
    /// <exception cref="InvalidDataException">The server is not an SSH server; the message says what it sent.</exception>
    public static async Task<SshGreeting> ReadAsync(EndPoint from, CancellationToken cancellationToken)
    {
        await using NetworkStream stream = await TcpLook.OpenAsync(from, cancellationToken);
        try
        {
            // First, because a server of another protocol says nothing until it is spoken to.
            await stream.WriteAsync("SSH-2.0-waystation_doctor\r\n"u8.ToArray(), cancellationToken);
            string banner = await ReadBannerAsync(stream, cancellationToken);
            byte[] head = new byte[5];
            await stream.ReadExactlyAsync(head, cancellationToken);
            int length = BinaryPrimitives.ReadInt32BigEndian(head) - 1;
            if (length is < FixedLength or > MaxPacket)
            {
                throw new InvalidDataException("its first packet is not one of SSH");
            }

            byte[] packet = new byte[length];
            await stream.ReadExactlyAsync(packet, cancellationToken);
            return Parse(banner, packet.AsSpan(0, Math.Max(0, length - head[4])));
        }
        catch (IOException e)
        {
            throw new InvalidDataException($"it ended the connection: {e.Message}", e);
        }
    }

    private static SshGreeting Parse(string banner, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedLength || payload[0] != KeyExchangeInit)
        {
            throw new InvalidDataException("its first packet does not begin a key exchange");
        }

        ReadOnlySpan<byte> rest = payload[FixedLength..];
        IReadOnlyList<string> exchanges = TakeNames(ref rest);
        return new SshGreeting(banner, exchanges, TakeNames(ref rest));
    }

    private static string[] TakeNames(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 || BinaryPrimitives.ReadInt32BigEndian(rest) is var length && (length < 0 || length > rest.Length - 4))
        {
            throw new InvalidDataException("its first packet is cut off");
        }

        string names = Encoding.ASCII.GetString(rest.Slice(4, length));
        rest = rest[(4 + length)..];
        return names.Split(',', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A server may send other lines before its version.</summary>
    private static async Task<string> ReadBannerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MaxLines; i++)
        {
            string line = await ReadLineAsync(stream, cancellationToken);
            if (line.StartsWith("SSH-", StringComparison.Ordinal))
            {
                return line;
            }

            if (line.StartsWith("HTTP/", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"it is an HTTP server ({line})");
            }
        }

        throw new InvalidDataException("it sends no version line of SSH");
    }

    private static async Task<string> ReadLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (line.Length < MaxLine)
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                throw new InvalidDataException(
                    line.Length == 0
                        ? "it ended the connection without a version line of SSH"
                        : $"it sent \"{line}\" and ended the connection"
                );
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        throw new InvalidDataException("its first line is too long for SSH");
    }
}
