using System.Net;
using System.Net.Sockets;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A line to a server on this machine, each of whose answers arrives late, as over a long way.</summary>
internal sealed class LateRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly IPEndPoint _server;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    private LateRelay(IPEndPoint server, TimeSpan delay)
    {
        (_server, _delay) = (server, delay);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary><c>host:port</c> of the near end.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    public static LateRelay Start(string server, TimeSpan delay) => new(IPEndPoint.Parse(server), delay);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> lines = [];
        try
        {
            while (true)
            {
                lines.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await far.ConnectAsync(_server, _end.Token);
                await Task.WhenAny(
                    CopyAsync(near.GetStream(), far.GetStream(), TimeSpan.Zero),
                    CopyAsync(far.GetStream(), near.GetStream(), _delay)
                );
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException) { }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, TimeSpan delay)
    {
        try
        {
            byte[] piece = new byte[16 * 1024];
            while (await from.ReadAsync(piece, _end.Token) is > 0 and int count)
            {
                await Task.Delay(delay, _end.Token);
                await to.WriteAsync(piece.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException) { }
    }
}
