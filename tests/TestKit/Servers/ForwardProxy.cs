using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A forward proxy as companies have one (RFC 9110, sections 3.7 and 9.3.6): it makes tunnels for CONNECT, and sends on requests with an
/// absolute URL. It serves one request a connection.
/// </summary>
public sealed class ForwardProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentBag<Task> _conversations = [];
    private readonly CancellationTokenSource _end = new();
    private readonly string? _login;
    private readonly Task _accepting;

    /// <param name="login">User and password with a colon between them; null if everybody may use it.</param>
    public ForwardProxy(string? login = null)
    {
        _login = login is null ? null : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    /// <summary>Method and target of each request that was let through.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_conversations);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_end.Token);
                _conversations.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            while (true)
            {
                string head = await ReadHeadAsync(stream);
                if (head.Length == 0)
                {
                    return;
                }

                string[] lines = head.Split("\r\n");
                string[] line = lines[0].Split(' ');
                if (_login is not null && !lines.Contains($"Proxy-Authorization: {_login}"))
                {
                    const string Refusal =
                        "HTTP/1.1 407 Login, please\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n";
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(Refusal), _end.Token);
                    continue;
                }

                _requests.Enqueue($"{line[0]} {line[1]}");
                bool isTunnel = line[0] == "CONNECT";
                var to = new Uri(isTunnel ? $"tcp://{line[1]}" : line[1]);
                using var server = new TcpClient();
                await server.ConnectAsync(to.Host, to.Port, _end.Token);
                NetworkStream up = server.GetStream();
                if (isTunnel)
                {
                    await stream.WriteAsync("HTTP/1.1 200 Connected\r\n\r\n"u8.ToArray(), _end.Token);
                }
                else
                {
                    IEnumerable<string> kept = lines
                        .Skip(1)
                        .Where(static one => !one.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase))
                        .Append("Connection: close");
                    string sent = $"{line[0]} {to.PathAndQuery} {line[2]}\r\n{string.Join("\r\n", kept)}\r\n\r\n";
                    await up.WriteAsync(Encoding.Latin1.GetBytes(sent), _end.Token);
                }

                await Task.WhenAny(stream.CopyToAsync(up, _end.Token), up.CopyToAsync(stream, _end.Token));
                return;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One side is gone.
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, _end.Token) == 1)
        {
            head.Append((char)one[0]);
            if (one[0] == '\n' && head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                return head.ToString()[..^4];
            }
        }

        return "";
    }
}
