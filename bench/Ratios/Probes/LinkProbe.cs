using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Waystation.Ratios.Probes;

/// <summary>Measures a line: a server at its far end answers each byte with a number of bytes, and the near end takes the time.</summary>
internal sealed class LinkProbe : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _closing = new();
    private readonly byte[] _answer;
    private readonly WideAreaLink _link;
    private readonly Task _serving;

    /// <summary>Opens a line for the probe alone.</summary>
    /// <param name="answerLength">Bytes that answer one.</param>
    /// <param name="roundTrip">There and back.</param>
    /// <param name="bitsPerSecond">In each direction.</param>
    public LinkProbe(int answerLength, TimeSpan roundTrip, long bitsPerSecond)
    {
        _answer = new byte[answerLength];
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = ServeAsync();
        _link = WideAreaLink.Open(_listener.LocalEndPoint!, roundTrip, bitsPerSecond);
    }

    /// <summary>Asks once on each of so many connections, all at once.</summary>
    public async Task<LinkTimes> AskAsync(int connections = 1)
    {
        Moments[] all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => AskOneAsync()));
        long asked = all.Min(static one => one.Asked),
            first = all.Min(static one => one.First);
        return new LinkTimes(
            Seconds(all.Min(static one => one.Begun), asked),
            Seconds(asked, first),
            Seconds(first, all.Max(static one => one.Last))
        );

        static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _closing.CancelAsync();
        await _serving;
        _listener.Dispose();
        _closing.Dispose();
    }

    private async Task<Moments> AskOneAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        byte[] buffer = new byte[64 * 1024];
        long begun = Stopwatch.GetTimestamp();
        await socket.ConnectAsync(_link.Near);
        await socket.SendAsync("."u8.ToArray());
        await socket.ReceiveAsync(buffer.AsMemory(0, 1));
        long asked = Stopwatch.GetTimestamp();
        await socket.SendAsync("."u8.ToArray());
        int length = await socket.ReceiveAsync(buffer);
        long first = Stopwatch.GetTimestamp();
        while (length < _answer.Length)
        {
            length += await socket.ReceiveAsync(buffer) is > 0 and int more ? more : throw new InvalidOperationException("the line broke");
        }

        return new Moments(begun, asked, first, Stopwatch.GetTimestamp());
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(AnswerAsync(await _listener.AcceptAsync(_closing.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    /// <summary>The first byte is answered by one, the second by all.</summary>
    private async Task AnswerAsync(Socket client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                byte[] asked = new byte[1];
                for (int answers = 0; await client.ReceiveAsync(asked) > 0; answers++)
                {
                    ReadOnlyMemory<byte> rest = answers == 0 ? _answer.AsMemory(0, 1) : _answer;
                    while (!rest.IsEmpty)
                    {
                        rest = rest[await client.SendAsync(rest)..];
                    }
                }
            }
            catch (SocketException)
            {
                // The line was closed before the end of the connection had come through it.
            }
        }
    }

    /// <summary>Timestamps: before the connection, at the second question, at its first byte and at its last.</summary>
    private sealed record Moments(long Begun, long Asked, long First, long Last);
}

/// <summary>The measurements of a line, in seconds; over several connections from the first beginning to the last end.</summary>
/// <param name="Opening">From before the connection until the answer to its first byte.</param>
/// <param name="FirstByte">On the open connection, from a question to the first byte of its answer.</param>
/// <param name="Rest">From there to the last byte.</param>
internal sealed record LinkTimes(double Opening, double FirstByte, double Rest);
