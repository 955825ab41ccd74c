using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>
/// A relay between a node and its primary that fails on command, in the ways in which servers and networks do. It takes
/// messages whole and forwards each over a connection of its own, so that only what it is told to do goes wrong.
/// </summary>
public sealed class FaultyRelay : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly ConcurrentQueue<RelayedRequest> _requests = new();
    private readonly ConcurrentDictionary<Task, Socket> _conversations = new();
    private readonly Lock _gate = new();
    private readonly int _port = FreePort.Find();
    private CancellationTokenSource _changed = new();
    private Fault _fault = Fault.None;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    private FaultyRelay(Uri server) => this._server = server;

    public Uri Url => new($"http://127.0.0.1:{_port}/");

    /// <summary>All requests so far, whatever became of them.</summary>
    public IReadOnlyList<RelayedRequest> Requests => [.. _requests];

    public static FaultyRelay Start(Uri server)
    {
        var relay = new FaultyRelay(server);
        relay.Listen();
        return relay;
    }

    public void ForgetRequests() => _requests.Clear();

    /// <summary>Has this effect from now on. Idle connections are closed, as by a server that restarts.</summary>
    public void Set(Fault next)
    {
        ArgumentNullException.ThrowIfNull(next);
        CancellationTokenSource before;
        lock (_gate)
        {
            _fault = next;
            before = _changed;
            _changed = new CancellationTokenSource();
        }

        before.Cancel();
        before.Dispose();
        if (next.Kind == FaultKind.Refuse)
        {
            Close();
        }
        else if (_listener is null)
        {
            Listen();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Set(Fault.Refuse);
        await _accepting;
        await Task.WhenAll(_conversations.Keys);
        _changed.Dispose();
    }

    private void Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, _port));
        socket.Listen(512);
        _listener = socket;
        _accepting = AcceptAsync(socket);
    }

    private void Close()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (Socket socket in _conversations.Values)
        {
            socket.Close(timeout: 0);
        }
    }

    private async Task AcceptAsync(Socket socket)
    {
        try
        {
            while (true)
            {
                Socket client = await socket.AcceptAsync();
                client.NoDelay = true;
                var begin = new TaskCompletionSource();
                Task conversation = ConverseAsync(client, begin.Task);
                _conversations[conversation] = client;
                _ = conversation.ContinueWith(done => _conversations.TryRemove(done, out Socket? _), TaskScheduler.Default);
                begin.SetResult();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A conversation that breaks ends alone.")]
    private async Task ConverseAsync(Socket client, Task begin)
    {
        await begin;
        await Task.Yield();
        using (client)
        {
            try
            {
                await using var stream = new NetworkStream(client);
                var wire = new HttpWire(stream);
                while (await wire.ReadRequestAsync(CancellationToken.None) is { } request)
                {
                    _requests.Enqueue(request);
                    if (!await AnswerAsync(client, stream, request))
                    {
                        return;
                    }
                }
            }
            catch (Exception)
            {
                client.Close(timeout: 0);
            }
        }
    }

    /// <summary>False if the connection must not be used again.</summary>
    private async Task<bool> AnswerAsync(Socket client, NetworkStream stream, RelayedRequest request)
    {
        Fault now;
        CancellationToken over;
        lock (_gate)
        {
            (now, over) = (_fault, _changed.Token);
        }

        if (!now.Concerns(request))
        {
            now = Fault.None;
        }

        switch (now.Kind)
        {
            case FaultKind.Refuse:
                return false;
            case FaultKind.Silent:
                await Task.Delay(Timeout.Infinite, over).ContinueWith(static _ => { }, TaskScheduler.Default);
                return false;
            case FaultKind.Status:
                string retry = now.RetryAfter is null ? "" : $"Retry-After: {now.RetryAfter}\r\n";
                string text = string.Create(CultureInfo.InvariantCulture, $"the relay says {now.Status}\n");
                await stream.WriteAsync(
                    Encoding.Latin1.GetBytes(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"HTTP/1.1 {now.Status} Fault\r\n{retry}Content-Type: text/plain\r\nContent-Length: {text.Length}\r\n\r\n{text}"
                        )
                    ),
                    CancellationToken.None
                );
                return true;
            case FaultKind.Delay:
                await Task.Delay(now.Wait, over).ContinueWith(static _ => { }, TaskScheduler.Default);
                await now.Until();
                break;
        }

        RelayedRequest answer = await AskAsync(request);
        return await SendAsync(client, stream, answer, now.Kind);
    }

    private async Task<RelayedRequest> AskAsync(RelayedRequest request)
    {
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(_server.Host, _server.Port);
        await using NetworkStream stream = upstream.GetStream();
        await stream.WriteAsync(request.ToBytes());
        return await new HttpWire(stream).ReadAnswerAsync(CancellationToken.None) ?? throw new IOException("the server said nothing");
    }

    private static async Task<bool> SendAsync(Socket client, NetworkStream stream, RelayedRequest answer, FaultKind kind)
    {
        byte[] body = answer.Body;
        int half = body.Length / 2;
        string framing = kind switch
        {
            FaultKind.ChunksWithoutEnd => "Transfer-Encoding: chunked",
            FaultKind.LengthTooSmall => $"Content-Length: {half}",
            FaultKind.LengthTooLarge => $"Content-Length: {body.Length + 1000}",
            _ => $"Content-Length: {body.Length}",
        };
        bool hasNoBody = answer.Line.Contains(" 204 ", StringComparison.Ordinal) || answer.Line.Contains(" 304 ", StringComparison.Ordinal);
        IEnumerable<string> headers = answer.Headers.Where(header => !RelayedRequest.IsFraming(header));
        string head =
            $"{answer.Line}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}{(hasNoBody ? "" : framing + "\r\n")}\r\n";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head));
        switch (kind)
        {
            case FaultKind.Reset:
                await stream.WriteAsync(body.AsMemory(0, half));
                await stream.FlushAsync();
                client.Close(timeout: 0);
                return false;
            case FaultKind.ShortOfLength:
                await stream.WriteAsync(body.AsMemory(0, half));
                return false;
            case FaultKind.ChunksWithoutEnd:
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{half:x}\r\n"));
                await stream.WriteAsync(body.AsMemory(0, half));
                await stream.WriteAsync("\r\n"u8.ToArray());
                return false;
            case FaultKind.LengthTooSmall:
            case FaultKind.LengthTooLarge:
                await stream.WriteAsync(body);
                return false;
            default:
                await stream.WriteAsync(body);
                return true;
        }
    }
}
