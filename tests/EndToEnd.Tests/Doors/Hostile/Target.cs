using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>The node under attack: its doors, and the repository that everybody wants.</summary>
internal sealed record Target(
    Uri Plain,
    Uri Tls,
    IPEndPoint Ssh,
    PrimaryRepository Wanted,
    string Tip,
    IReadOnlyList<PrimaryRepository> Many
)
{
    /// <summary>The request of a clone of the wanted repository.</summary>
    public byte[] CloneRequest => UploadPack.Post(Plain.To(Wanted), UploadPack.Fetch([Tip]));

    /// <summary>A connection from an address of the attack's own, so that limits by address are those of many machines.</summary>
    public static async Task<Socket> ConnectAsync(int attack, EndPoint server, CancellationToken over)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse($"127.0.66.{attack + 1}"), 0));
            await socket.ConnectAsync(server, over);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static IPEndPoint At(Uri url) => new(IPAddress.Parse(url.Host), url.Port);

    /// <summary>A connection over TLS that speaks HTTP/2.</summary>
    public async Task<SslStream> ConnectHttp2Async(int attack, CancellationToken over)
    {
        Socket socket = await ConnectAsync(attack, At(Tls), over);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
                },
                over
            );
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
