using System.Net;
using System.Net.Sockets;

namespace Waystation.TestKit.Servers;

/// <summary>
/// The network between the nodes of a farm: others reach each node through a relay of its own. The relay finds out which process a
/// connection comes from, so one link can be cut and the others not. A cut is silent, as where a network drops packets: connections stay,
/// and no byte passes until the link is whole again.
/// </summary>
public sealed class NodeLinks : IAsyncDisposable
{
    private const int MostRecorded = 20,
        MostRecordedBytes = 100_000;

    private readonly NodeAddresses[] _nodes;
    private readonly int[] _ports;
    private readonly List<Socket> _listeners = [];
    private readonly List<Task> _accepting = [];
    private readonly HashSet<(int, int)> _cuts = [];
    private readonly List<(int Node, List<byte> Sent)> _recorded = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeLinks(NodeAddresses[] nodes)
    {
        _nodes = nodes;
        _ports = [.. nodes.Select(static _ => FreePort.Find())];
    }

    /// <summary>The number of the node of a process; null for any other process.</summary>
    public Func<int, int?> NodeOf { get; set; } = static _ => null;

    public static NodeLinks Start(IEnumerable<NodeAddresses> nodes)
    {
        var links = new NodeLinks([.. nodes]);
        for (int node = 0; node < links._nodes.Length; node++)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, links._ports[node]));
            listener.Listen(512);
            links._listeners.Add(listener);
            links._accepting.Add(links.AcceptAsync(listener, node));
        }

        return links;
    }

    /// <summary>The bytes that nodes sent to other nodes so far: the number of the asked node, and all of one connection.</summary>
    public IReadOnlyList<(int Node, byte[] Sent)> Recorded
    {
        get
        {
            lock (_gate)
            {
                return [.. _recorded.Select(static one => (one.Node, one.Sent.ToArray()))];
            }
        }
    }

    /// <summary>The URL at which other nodes reach this node.</summary>
    public Uri UrlOf(int node) => new($"http://127.0.0.1:{_ports[node]}");

    /// <summary>Cuts the link between two nodes, in both directions, until the result is disposed.</summary>
    public IDisposable Cut(int one, int other)
    {
        (int, int) link = LinkOf(one, other);
        Change(() => _cuts.Add(link));
        return new Joined(() => Change(() => _cuts.Remove(link)));
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listeners.ForEach(static listener => listener.Dispose());
        await Task.WhenAll(_accepting);
        _over.Dispose();
    }

    private static (int, int) LinkOf(int one, int other) => (Math.Min(one, other), Math.Max(one, other));

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            change();
            before = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }

    private async Task AcceptAsync(Socket listener, int node)
    {
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                Socket asker = await listener.AcceptAsync(_over.Token);
                conversations.RemoveAll(static conversation => conversation.IsCompleted);
                conversations.Add(RelayAsync(asker, node));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task RelayAsync(Socket asker, int node)
    {
        await Task.Yield();
        using var owner = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (asker)
        {
            asker.NoDelay = true;
            try
            {
                (int, int)? link = SocketOwner.Of(asker) is { } process && NodeOf(process) is { } from ? LinkOf(from, node) : null;
                await WholeAsync(link);
                await owner.ConnectAsync(IPAddress.Loopback, _nodes[node].Http, _over.Token);
                await Task.WhenAll(CopyAsync(asker, owner, link, Record(node)), CopyAsync(owner, asker, link, record: null));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // As a process that was killed ends its connections.
                asker.Close(timeout: 0);
                owner.Close(timeout: 0);
            }
        }
    }

    /// <summary>Where the bytes of a connection to this node are noted, up to a bound.</summary>
    private List<byte>? Record(int node)
    {
        lock (_gate)
        {
            if (_recorded.Count >= MostRecorded)
            {
                return null;
            }

            var sent = new List<byte>();
            _recorded.Add((node, sent));
            return sent;
        }
    }

    private async Task CopyAsync(Socket from, Socket to, (int, int)? link, List<byte>? record)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _over.Token) is > 0 and var read)
            {
                lock (_gate)
                {
                    if (record?.Count < MostRecordedBytes)
                    {
                        record.AddRange(buffer.AsSpan(0, read));
                    }
                }

                await WholeAsync(link);
                for (int sent = 0; sent < read; )
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _over.Token);
                }
            }

            await WholeAsync(link);
            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            await WholeAsync(link);
            from.Close(timeout: 0);
            to.Close(timeout: 0);
            throw;
        }
    }

    private async Task WholeAsync((int, int)? link)
    {
        while (link is { } one)
        {
            Task changed;
            lock (_gate)
            {
                if (!_cuts.Contains(one))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(_over.Token);
        }
    }

    private sealed class Joined(Action join) : IDisposable
    {
        public void Dispose() => join();
    }
}
