using System.Net;
using System.Net.Sockets;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>
/// A real HAProxy that passes bytes stands before the node's addresses, plain and with TLS, and names clients by the PROXY protocol.
/// </summary>
public sealed class BehindHaproxyTests : IAsyncLifetime
{
    private const string Denied = "127.0.0.30";
    private const string Other = "127.0.0.31";

    private readonly Station _station = new();
    private TlsFiles _tls = null!;
    private HaproxyTcp _haproxy = null!;

    public async Task InitializeAsync()
    {
        _tls = await TlsFiles.CreateAsync(_station.Folder);
        await _station.StartAsync(
            new NodeSettings
            {
                Listen = ["http://127.0.0.1:0", "https://127.0.0.1:0"],
                Options =
                [
                    "--Tls:Certificate",
                    _tls.Certificate,
                    "--Tls:Key",
                    _tls.Key,
                    "--TrustedProxies",
                    HaproxyTcp.Source,
                    "--Primaries:0:Clients:Deny",
                    Denied,
                    "--Clients:MaxConnectionsPerAddress",
                    "20",
                ],
            }
        );
        string plain = _station.Node.Urls[0].Authority;
        string tls = _station.Node.Urls[1].Authority;
        _haproxy = await HaproxyTcp.StartAsync(
            (plain, "send-proxy"),
            (plain, "send-proxy-v2"),
            (tls, "send-proxy"),
            (tls, "send-proxy-v2 proxy-v2-options ssl,unique-id,crc32c"),
            (plain, "")
        );
    }

    public async Task DisposeAsync()
    {
        if (_haproxy is not null)
        {
            await _haproxy.DisposeAsync();
        }

        await _station.DisposeAsync();
    }

    [Fact]
    public async Task Clones_AreEqual_AndEachClientHasItsOwnAddress()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/balanced.git", new History(Seed: 171));
        var git = new GitClient(_station.Folder);
        await git.RunAsync("clone", "--quiet", "--bare", _station.Primary.Url.To(repository).AbsoluteUri, "direct");
        string direct = await git.In("direct").ReadAsync("for-each-ref");

        for (int way = 0; way < 5; way++)
        {
            string url = $"{(way is 2 or 3 ? "https" : "http")}://127.0.0.1:{_haproxy.Port(way)}/{repository.Name}";
            await git.With($"http.sslCAInfo={_tls.Authority}").RunAsync("clone", "--quiet", "--bare", url, $"way{way}");
            Assert.Equal(direct, await git.In($"way{way}").ReadAsync("for-each-ref"));
            // Without a header every client has HAProxy's address, so the last way admits them all.
            string refs = $"{url}/info/refs?service=git-upload-pack";
            Assert.Equal(
                (way < 4 ? HttpStatusCode.Forbidden : HttpStatusCode.OK, HttpStatusCode.OK),
                (await AskAsync(Denied, refs), await AskAsync(Other, refs))
            );
        }

        await AssertCrowdAsync();
    }

    /// <summary>The connections of a client count for its address, and the balancer's own have no such bound.</summary>
    private async Task AssertCrowdAsync()
    {
        List<Socket> held = [];
        try
        {
            for (int i = 0; i < 40; i++)
            {
                held.Add(await ConnectAsync(Denied, _haproxy.Port(0)));
                held.Add(await ConnectAsync(Other, _haproxy.Port(4)));
            }

            await Eventually.TrueAsync(
                "connections of one client were ended to make room for others of it",
                async () => (await _station.Node.MetricsAsync()).Sum("waystation_client_connections_ended_total", "reason=\"ended\"") == 20
            );
            Assert.InRange((await _station.Node.MetricsAsync()).Sum("waystation_client_connections"), 60, 70);
        }
        finally
        {
            held.ForEach(static socket => socket.Dispose());
        }
    }

    private async Task<HttpStatusCode> AskAsync(string from, string url)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, _) => new NetworkStream(await ConnectAsync(from, context.DnsEndPoint.Port), ownsSocket: true),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        using var client = new HttpClient(handler);
        using HttpResponseMessage answer = await client.GetAsync(new Uri(url));
        return answer.StatusCode;
    }

    private static async Task<Socket> ConnectAsync(string from, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }
}
