using System.Net;
using System.Net.Sockets;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>Opens connections.</summary>
internal static class TcpLook
{
    /// <summary>A server far away takes a connection within a second.</summary>
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(3);

    /// <summary>The reason why an address takes no connection; null if it takes one.</summary>
    public static async Task<string?> TroubleAsync(EndPoint to, CancellationToken cancellationToken)
    {
        try
        {
            await (await OpenAsync(to, cancellationToken)).DisposeAsync();
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }

    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">There is no connection.</exception>
    public static async Task<NetworkStream> OpenAsync(EndPoint to, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_within);
        try
        {
            await socket.ConnectAsync(to, late.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut, $"no connection within {s_within.TotalSeconds:0} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
