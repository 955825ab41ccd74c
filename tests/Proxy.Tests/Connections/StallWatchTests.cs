using System.Net;
using System.Net.Sockets;
using Waystation.Proxy.Connections;

namespace Waystation.Proxy.Tests.Connections;

public sealed class StallWatchTests
{
    private readonly Clock _time = new();

    [Fact]
    public void Client_HasStalled_WhenItTakesNothingOfWhatItIsOwed()
    {
        var watch = new StallWatch(TimeSpan.FromSeconds(60), _time);

        Assert.False(After(45, watch, new SendProgress(100, IsOwed: true)));
        Assert.False(After(59, watch, new SendProgress(100, IsOwed: true)));
        Assert.True(After(1, watch, new SendProgress(100, IsOwed: true)));
    }

    [Fact]
    public void Client_HasNotStalled_WhenItTakesLittleOrIsOwedNothing()
    {
        var watch = new StallWatch(TimeSpan.FromSeconds(60), _time);

        for (ulong taken = 1; taken < 100; taken++)
        {
            Assert.False(After(59, watch, new SendProgress(taken, IsOwed: true)));
        }

        Assert.False(After(1_000, watch, new SendProgress(99, IsOwed: false)));
        Assert.False(After(59, watch, new SendProgress(99, IsOwed: true)));
        Assert.True(After(1, watch, new SendProgress(99, IsOwed: true)));
    }

    [Fact]
    public async Task Progress_IsWhatTheKernelSays()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        await client.ConnectAsync(listener.LocalEndPoint!);
        using Socket server = await listener.AcceptAsync();
        Assert.False(SendProgress.Of(server)!.Value.IsOwed);

        server.Blocking = false;
        int sent = server.Send(new byte[1 << 20], SocketFlags.None, out _);
        SendProgress owed = SendProgress.Of(server)!.Value;
        Assert.True(owed.IsOwed);

        byte[] buffer = new byte[64 * 1024];
        for (int received = 0; received < sent; )
        {
            received += await client.ReceiveAsync(buffer);
        }

        await Task.Yield();
        Assert.True(
            SpinWait.SpinUntil(
                () => SendProgress.Of(server) is { IsOwed: false } now && now.Acknowledged >= (ulong)sent,
                TimeSpan.FromSeconds(10)
            )
        );
    }

    private bool After(int seconds, StallWatch watch, SendProgress progress)
    {
        _time.Now += seconds;
        return watch.IsStalled(progress);
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
