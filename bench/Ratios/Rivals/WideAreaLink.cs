using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// A long and narrow line to a server: a relay of TCP connections in which bytes take their time, a direction each way for all
/// connections together. To open a connection costs a round trip, as with a distant server.
/// It loses nothing, and its senders need not find out first how much it takes: a real line is slower than this, never faster.
/// </summary>
internal sealed class WideAreaLink : IAsyncDisposable
{
    /// <summary>Some packets: a longer chunk would arrive at once though its first byte came long before.</summary>
    private const int ChunkLength = 4096;

    private readonly EndPoint _server;
    private readonly TimeSpan _roundTrip;
    private readonly LinkClock _clock = new();
    private readonly LinkDirection _up,
        _down;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private Task _accepting = Task.CompletedTask;

    private WideAreaLink(EndPoint server, TimeSpan roundTrip, long bitsPerSecond)
    {
        this._server = server;
        this._roundTrip = roundTrip;
        _up = new LinkDirection(_clock, roundTrip / 2, bitsPerSecond / 8);
        _down = new LinkDirection(_clock, roundTrip / 2, bitsPerSecond / 8);
    }

    /// <summary>The near end.</summary>
    public IPEndPoint Near => (IPEndPoint)_listener.LocalEndPoint!;

    public Uri Url => new($"http://127.0.0.1:{Near.Port}/");

    /// <summary>Opens a line to a server.</summary>
    /// <param name="server">The address of the far end.</param>
    /// <param name="roundTrip">There and back.</param>
    /// <param name="bitsPerSecond">The rate in each direction, of the bytes in the connections.</param>
    public static WideAreaLink Open(EndPoint server, TimeSpan roundTrip, long bitsPerSecond)
    {
        var link = new WideAreaLink(server, roundTrip, bitsPerSecond);
        link._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        link._listener.Listen(64);
        link._accepting = link.AcceptAsync();
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _listener.Dispose();
        _clock.Dispose();
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Task connection = ConnectAsync(await _listener.AcceptAsync(_closing.Token));
                _connections[connection] = true;
                _ = connection.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    private async Task ConnectAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        using (near)
        {
            try
            {
                near.NoDelay = true;
                long opened = Stopwatch.GetTimestamp() + (long)(_roundTrip.TotalSeconds * Stopwatch.Frequency);
                await far.ConnectAsync(_server, broken.Token);
                await _clock.UntilAsync(opened);
                await Task.WhenAll(CarryAsync(near, far, _up, broken), CarryAsync(far, near, _down, broken));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // One end is gone: the other learns it as from any line, by a reset.
                near.Close(timeout: 0);
                far.Close(timeout: 0);
            }
        }
    }

    /// <summary>Carries bytes one way, until their sender ends and all have arrived.</summary>
    private async Task CarryAsync(Socket from, Socket to, LinkDirection direction, CancellationTokenSource broken)
    {
        var line = Channel.CreateBounded<Chunk>(direction.ChunksUnderWay(ChunkLength));
        await Task.WhenAll(
            OrBreakAsync(TakeAsync(from, direction, line.Writer, broken.Token), broken),
            OrBreakAsync(DeliverAsync(line.Reader, to, broken.Token), broken)
        );
    }

    /// <summary>When one end is gone, all work for the connection stops.</summary>
    private static async Task OrBreakAsync(Task work, CancellationTokenSource broken)
    {
        try
        {
            await work;
        }
        catch (SocketException)
        {
            await broken.CancelAsync();
            throw;
        }
    }

    private static async Task TakeAsync(Socket from, LinkDirection direction, ChannelWriter<Chunk> line, CancellationToken broken)
    {
        for (int length = -1; length != 0; )
        {
            await direction.WaitForRoomAsync();
            byte[] bytes = ArrayPool<byte>.Shared.Rent(ChunkLength);
            length = await from.ReceiveAsync(bytes.AsMemory(0, ChunkLength), broken);
            await line.WriteAsync(new Chunk(direction.Send(length), bytes, length), broken);
        }

        line.Complete();
    }

    private async Task DeliverAsync(ChannelReader<Chunk> line, Socket to, CancellationToken broken)
    {
        await foreach (Chunk chunk in line.ReadAllAsync(broken))
        {
            await _clock.UntilAsync(chunk.Arrival);
            for (int sent = 0; sent < chunk.Length; )
            {
                sent += await to.SendAsync(chunk.Bytes.AsMemory(sent, chunk.Length - sent), broken);
            }

            ArrayPool<byte>.Shared.Return(chunk.Bytes);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Bytes on their way; none of them says that their sender has ended.</summary>
    private readonly record struct Chunk(long Arrival, byte[] Bytes, int Length);
}
