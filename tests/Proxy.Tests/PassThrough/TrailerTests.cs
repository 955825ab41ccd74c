using System.Net;
using System.Net.Sockets;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>Fields after a chunked body; the primary is a socket, for few servers send such fields over HTTP/1.1.</summary>
public sealed class TrailerTests
{
    [Fact]
    public async Task Trailers_ReachTheClient_AfterTheBodyTheyFollow()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task primary = AnswerOnceAsync(
            listener,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-More\r\n\r\n"
                + "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 2aae6c35\r\nX-More: yes\r\n\r\n"
        );
        await using WaystationNode node = await WaystationNode.StartAsync(new Uri($"http://{listener.LocalEndpoint}"));
        using var client = new HttpClient();

        using HttpResponseMessage response = await client.GetAsync(new Uri(node.Url, "/sum"));
        Assert.Equal("hello world", await response.Content.ReadAsStringAsync());
        Assert.Equal("2aae6c35", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        Assert.Equal("yes", Assert.Single(response.TrailingHeaders.GetValues("X-More")));
        await primary;

        // The connection is whole: it carries the next request.
        Task again = AnswerOnceAsync(listener, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        Assert.Equal("ok", await client.GetStringAsync(new Uri(node.Url, "/next")));
        await again;
    }

    private static async Task AnswerOnceAsync(TcpListener listener, string answer)
    {
        using Socket connection = await listener.AcceptSocketAsync();
        byte[] request = new byte[16 * 1024];
        await connection.ReceiveAsync(request);
        await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer));
        connection.Shutdown(SocketShutdown.Send);
        while (await connection.ReceiveAsync(request) > 0)
        {
            // Until the node closes its side.
        }
    }
}
