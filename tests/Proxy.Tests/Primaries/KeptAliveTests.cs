using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Waystation.Primaries.Http.Connections;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Primaries;

/// <summary>A connection that was kept alive, and that the primary closes just when it is used again.</summary>
public sealed class KeptAliveTests(GitFront front) : IClassFixture<GitFront>
{
    [Fact]
    public async Task Read_IsSentAgain_WhenThePrimaryClosesAUsedConnection()
    {
        (string repository, GitScript script) = front.Serve();
        var used = new ConcurrentDictionary<string, bool>();
        front.Primary.Answer(async context =>
        {
            if (used.TryAdd(context.Connection.Id, true))
            {
                await script.HandleAsync(context);
                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            ScriptedPrimary.Close(context);
            context.Abort();
        });

        for (int round = 0; round < 2; round++)
        {
            using HttpResponseMessage refs = await front.PostAsync(repository, Lines.ToBytes("command=ls-refs", "0001", "peel", "0000"));
            Assert.Contains(GitScript.Tip, await refs.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            (string kept, byte[]? pack) = await front.FetchToEndAsync(repository, GitScript.Tip, $"deepen {round + 1}");
            Assert.Equal("waystation; fwd=miss; stored", kept);
            Assert.NotNull(pack);
            (string forwarded, byte[]? body) = await front.FetchToEndAsync(repository, GitScript.Tip, "want-ref refs/heads/main");
            Assert.Equal("waystation; fwd=bypass; detail=not-cacheable", forwarded);
            Assert.EndsWith("0000", System.Text.Encoding.Latin1.GetString(body!), StringComparison.Ordinal);
        }

        Assert.True(front.Primary.Requests.Count > script.Fetches + script.LsRefs, "no connection was used twice");
    }

    [Fact]
    public async Task Request_DoesNotBegin_OnAUsedConnectionThatThePrimaryHasClosed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndpoint);
        using Socket server = await listener.AcceptSocketAsync();
        await using var received = new NetworkStream(server);
        await using var connection = new PrimaryConnection(new NetworkStream(client), client);
        RequestTrace first = Send();
        await connection.WriteAsync("one"u8.ToArray());
        await connection.WriteAsync("more"u8.ToArray());
        Assert.Equal((true, false, false), (first.HasBegun, first.IsReused, first.MetClosed));

        server.Shutdown(SocketShutdown.Send);
        client.Poll(-1, SelectMode.SelectRead);
        RequestTrace second = Send();
        await Assert.ThrowsAsync<IOException>(async () => await connection.WriteAsync("two"u8.ToArray()));
        Assert.Equal((false, true, true), (second.HasBegun, second.IsReused, second.MetClosed));
        client.Shutdown(SocketShutdown.Send);
        using var came = new MemoryStream();
        await received.CopyToAsync(came);
        Assert.Equal("onemore"u8.ToArray(), came.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Change_IsSentAgain_OnlyWhenNothingOfItHadLeft(bool hasBegun)
    {
        using var handler = new ClosedOnce(hasBegun);
        using var invoker = new HttpMessageInvoker(new FlushEachWriteHandler(handler));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://git.example.test/r/git-receive-pack")
        {
            Content = new StreamContent(new MemoryStream("push"u8.ToArray())),
        };

        if (hasBegun)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => invoker.SendAsync(request, CancellationToken.None));
            Assert.Equal(1, handler.Sent);
            return;
        }

        using HttpResponseMessage answer = await invoker.SendAsync(request, CancellationToken.None);
        Assert.Equal((2, "push"), (handler.Sent, handler.Body));
    }

    private static RequestTrace Send()
    {
        using var request = new HttpRequestMessage();
        return RequestTrace.Current = RequestTrace.Begin(request);
    }

    /// <summary>Finds its first connection closed.</summary>
    private sealed class ClosedOnce(bool hasBegun) : HttpMessageHandler
    {
        public int Sent { get; private set; }

        public string? Body { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (++Sent == 1)
            {
                RequestTrace trace = RequestTrace.Current!;
                (trace.MetClosed, trace.HasBegun) = (!hasBegun, hasBegun);
                throw new HttpRequestException("closed");
            }

            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            return new HttpResponseMessage();
        }
    }
}
