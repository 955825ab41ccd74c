using System.Net;
using System.Net.Sockets;

namespace Waystation.Proxy.Tests.Identity;

/// <summary>Clients at loopback addresses of their own.</summary>
internal static class LocalClient
{
    /// <summary>A client whose connections come from this address.</summary>
    public static HttpClient From(string address) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ActivityHeadersPropagator = null,
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        );
}
