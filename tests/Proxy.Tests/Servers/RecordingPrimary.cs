using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A primary that is a socket: it records each byte of what arrives, one entry a request, and answers each with "ok".</summary>
public sealed class RecordingPrimary : IAsyncDisposable
{
    /// <summary>The node takes a new connection for each request, so that what one test breaks off cannot meet the next one.</summary>
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;

    public RecordingPrimary()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>The requests, head and body to the letter.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public void Forget() => _requests.Clear();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket connection = socket;
        var received = new StringBuilder();
        byte[] buffer = new byte[256 * 1024];
        try
        {
            while (await connection.ReceiveAsync(buffer, SocketFlags.None, _end.Token) is var count and > 0)
            {
                received.Append(Encoding.Latin1.GetString(buffer, 0, count));
                while (LengthOf(received.ToString()) is { } length)
                {
                    _requests.Enqueue(received.ToString(0, length));
                    received.Remove(0, length);
                    await connection.SendAsync(Encoding.ASCII.GetBytes(Answer), SocketFlags.None, _end.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The test is over, or the node has left.
        }

        if (received.Length > 0)
        {
            _requests.Enqueue(received.ToString());
        }
    }

    /// <summary>The length of the first request in the text; null while it is not whole.</summary>
    private static int? LengthOf(string text)
    {
        int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0)
        {
            return null;
        }

        string[] lines = text[..head].Split("\r\n");
        int body = head + 4;
        if (lines.Any(static line => line.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase)))
        {
            int end = text.IndexOf("0\r\n\r\n", body, StringComparison.Ordinal);
            return end < 0 ? null : end + 5;
        }

        string? said = lines.FirstOrDefault(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        int length = said is null ? 0 : int.Parse(said["Content-Length:".Length..], CultureInfo.InvariantCulture);
        return text.Length < body + length ? null : body + length;
    }
}
