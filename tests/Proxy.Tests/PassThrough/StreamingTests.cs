using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>Bodies move as they come, in both directions, and a client's leaving is noticed at once.</summary>
public sealed class StreamingTests(Front front) : IClassFixture<Front>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task WebSocket_CarriesMessages_BothWays()
    {
        front.Primary.Answer(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
            {
                await socket.SendAsync(
                    buffer.AsMemory(0, message.Count),
                    message.MessageType,
                    message.EndOfMessage,
                    context.RequestAborted
                );
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
        });
        using var timeout = new CancellationTokenSource(s_patience);
        using var client = new ClientWebSocket();
        client.Options.Proxy = null;
        await client.ConnectAsync(new UriBuilder(front.At("/-/cable")) { Scheme = "ws" }.Uri, timeout.Token);

        await client.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
        byte[] echo = new byte[64];
        WebSocketReceiveResult received = await client.ReceiveAsync(echo, timeout.Token);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);

        Assert.Equal("hello", Encoding.UTF8.GetString(echo, 0, received.Count));
        Assert.Equal("bye", client.CloseStatusDescription);
    }

    [Fact]
    public async Task Leaving_DuringADownload_ReachesThePrimary()
    {
        var left = new TaskCompletionSource();
        front.Primary.Answer(async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            await context.Response.WriteAsync("beginning");
            await context.Response.Body.FlushAsync();
            await left.Task;
        });

        using (HttpResponseMessage answer = await front.GetAsync("/file"))
        {
            await ReadAsync(await answer.Content.ReadAsStreamAsync(), "beginning".Length);
        }

        await left.Task.WaitAsync(s_patience);
    }

    [Theory]
    [InlineData("Content-Length: 1000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Leaving_DuringAnUpload_ReachesThePrimary(string framing)
    {
        var begun = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        front.Primary.Answer(async context =>
        {
            context.RequestAborted.Register(() => left.TrySetResult());
            await ReadAsync(context.Request.Body, 5);
            begun.SetResult();
            await left.Task;
        });
        using RawConnection client = await RawConnection.OpenAsync(front.Node.Url);
        await client.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST /upload HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n{(framing[0] == 'T' ? "5\r\nhello\r\n" : "hello")}"
            )
        );
        await begun.Task.WaitAsync(s_patience);

        client.Break();

        await left.Task.WaitAsync(s_patience);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(10L)]
    public async Task Download_IsNotHeldBack_WhileThePrimaryStillWrites(long? length)
    {
        var seen = new TaskCompletionSource();
        front.Primary.Answer(async context =>
        {
            context.Response.ContentLength = length;
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await seen.Task;
            await context.Response.WriteAsync("-last");
        });

        using HttpResponseMessage answer = await front.GetAsync("/file");
        Stream body = await answer.Content.ReadAsStreamAsync();
        string first = await ReadAsync(body, 5);
        seen.SetResult();

        Assert.Equal(("first", "-last"), (first, await ReadAsync(body, 5)));
    }

    [Theory]
    [InlineData("/upload", true)]
    [InlineData("/upload", false)]
    [InlineData("/team/tool.git/git-receive-pack", true)]
    [InlineData("/team/tool.git/git-receive-pack", false)]
    public async Task Upload_IsNotHeldBack_WhileTheClientStillWrites(string path, bool chunked)
    {
        var seen = new TaskCompletionSource();
        front.Primary.Answer(async context =>
        {
            string first = await ReadAsync(context.Request.Body, 5);
            seen.SetResult();
            await context.Response.WriteAsync(first + await ReadAsync(context.Request.Body, 5));
        });
        using RawConnection client = await RawConnection.OpenAsync(front.Node.Url);
        string framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 10";

        await client.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{framing}\r\n\r\n{(chunked ? "5\r\nfirst\r\n" : "first")}"
            )
        );
        await seen.Task.WaitAsync(s_patience);
        await client.SendAsync(Encoding.ASCII.GetBytes(chunked ? "5\r\n-last\r\n0\r\n\r\n" : "-last"));

        Assert.Equal("first-last", (await client.ReadToEndAsync()).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upload_OverTheServersUsualLimit_Passes(bool chunked)
    {
        const int Size = 48 * 1024 * 1024;
        front.Primary.Answer(async context =>
        {
            long total = 0;
            byte[] buffer = new byte[256 * 1024];
            while (await context.Request.Body.ReadAsync(buffer) is var read and > 0)
            {
                total += read;
            }

            await context.Response.WriteAsync(total.ToString());
        });
        using var content = new ByteArrayContent(new byte[Size]);
        using HttpContent sent = chunked ? new StreamContent(new Unsized(Size)) : content;

        using HttpResponseMessage answer = await front.SendAsync(HttpMethod.Post, "/team/tool.git/git-receive-pack", sent);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Size.ToString(), await answer.Content.ReadAsStringAsync());
    }

    private static async Task<string> ReadAsync(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        using var timeout = new CancellationTokenSource(s_patience);
        await stream.ReadExactlyAsync(bytes, timeout.Token);
        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>Zeros that do not say how many they are.</summary>
    private sealed class Unsized(int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
