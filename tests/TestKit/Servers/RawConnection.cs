using System.Net.Sockets;

namespace Waystation.TestKit.Servers;

/// <summary>A plain TCP connection, for requests that no HTTP library would send.</summary>
public sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();

    private RawConnection() { }

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var connection = new RawConnection();
        await connection._client.ConnectAsync(server.Host, server.Port);
        return connection;
    }

    /// <summary>Sends a request on a connection of its own and reads until the server closes.</summary>
    public static async Task<RawAnswer> AskAsync(Uri server, ReadOnlyMemory<byte> request)
    {
        using RawConnection connection = await OpenAsync(server);
        await connection.SendAsync(request);
        return await connection.ReadToEndAsync();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _client.GetStream().WriteAsync(bytes);

    /// <summary>Ends our half of the conversation: what was sent is all that comes.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection as a lost network does, with a reset.</summary>
    public void Break()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    /// <summary>Reads until the server closes. A server that resets the connection has said all that it will say.</summary>
    public async Task<RawAnswer> ReadToEndAsync(TimeSpan? within = null)
    {
        using var timeout = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(60));
        using var received = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await _client.GetStream().ReadAsync(buffer, timeout.Token) is var read and > 0)
            {
                received.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // Reset by the server.
        }

        return RawAnswer.Parse(received.ToArray());
    }

    public void Dispose() => _client.Dispose();
}
