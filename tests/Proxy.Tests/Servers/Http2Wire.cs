using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>One HTTP/2 connection by hand (RFC 9113): fields are written as they are, whether HTTP allows them or not.</summary>
internal sealed class Http2Wire : IDisposable
{
    private const byte Data = 0,
        Headers = 1,
        ResetStream = 3,
        Settings = 4,
        GoAway = 7,
        EndStream = 1,
        EndHeaders = 4;

    private readonly TcpClient _client = new();
    private SslStream _stream = null!;

    /// <summary>Connects over TLS, and trusts one authority.</summary>
    public static async Task<Http2Wire> ConnectAsync(Uri server, string authorityFile)
    {
        var wire = new Http2Wire();
        await wire._client.ConnectAsync(server.Host, server.Port);
        wire._stream = new SslStream(wire._client.GetStream());
        await wire._stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = server.Host,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authorityFile) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }
        );
        await wire._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await wire.WriteAsync(Settings, 0, 0, []);
        return wire;
    }

    /// <summary>Sends one request, and says what came: a status, or how the stream or the connection was ended.</summary>
    public async Task<string> AskAsync(IEnumerable<(string Name, string Value)> fields, byte[]? body = null)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in fields)
        {
            // A literal that is not indexed, with a name of its own, without Huffman's code (RFC 7541, 6.2.2).
            block.WriteByte(0);
            Write(block, name);
            Write(block, value);
        }

        await WriteAsync(Headers, (byte)(EndHeaders | (body is null ? EndStream : 0)), 1, block.ToArray());
        if (body is not null)
        {
            await WriteAsync(Data, EndStream, 1, body);
        }

        return await ReadAsync();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task<string> ReadAsync()
    {
        byte[] head = new byte[9];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(head, patience.Token);
                byte[] frame = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await _stream.ReadExactlyAsync(frame, patience.Token);
                switch (head[3])
                {
                    case Headers:
                        return "status " + StatusOf(frame[0]);
                    case ResetStream:
                        return "reset";
                    case GoAway:
                        return "closed";
                }
            }
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            return "closed";
        }
    }

    /// <summary>The first field is the status, from the static table (RFC 7541, appendix A) or as a literal.</summary>
    private static string StatusOf(byte first) =>
        first switch
        {
            0x88 => "200",
            0x8c => "400",
            0x8d => "404",
            _ => "other",
        };

    private static void Write(MemoryStream block, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        block.WriteByte((byte)bytes.Length);
        block.Write(bytes);
    }

    private async Task WriteAsync(byte type, byte flags, int stream, byte[] content)
    {
        byte[] frame = new byte[9 + content.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = (
            (byte)(content.Length >> 16),
            (byte)(content.Length >> 8),
            (byte)content.Length,
            type,
            flags
        );
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        content.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }
}
