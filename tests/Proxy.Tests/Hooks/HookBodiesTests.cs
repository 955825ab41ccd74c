using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Waystation.Proxy.Hooks;

namespace Waystation.Proxy.Tests.Hooks;

public sealed class HookBodiesTests
{
    private readonly HookBodies _bodies = new(TimeProvider.System);

    [Fact]
    public async Task Body_IsGivenWhole_AndNotHeldAfterwards()
    {
        var pipe = new Pipe();
        Task<(HookBody State, string? Text)> reading = ReadAsync(pipe);
        await pipe.Writer.WriteAsync("hel"u8.ToArray());
        await pipe.Writer.WriteAsync("lo"u8.ToArray());
        await pipe.Writer.CompleteAsync();

        Assert.Equal((HookBody.Whole, "hello"), await reading);
        Assert.Equal(0, _bodies.Held);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024 - 1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(HookBodies.MaxBody)]
    public async Task Body_IsGivenWhole_HoweverLongItIs(int length)
    {
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        Task<(HookBody State, byte[]? Bytes)> reading = _bodies.UseAsync(pipe.Reader, static all => all.ToArray(), CancellationToken.None);
        for (int at = 0; at < length; at += 5_000)
        {
            await pipe.Writer.WriteAsync(body.AsMemory(at, Math.Min(5_000, length - at)));
        }

        await pipe.Writer.CompleteAsync();
        (HookBody state, byte[]? bytes) = await reading;
        Assert.Equal(HookBody.Whole, state);
        Assert.Equal(body, bytes);
        Assert.Equal(0, _bodies.Held);
    }

    [Fact]
    public async Task Body_IsRefused_WhenItIsTooLong()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        Task<(HookBody State, string? Text)> reading = ReadAsync(pipe);
        await pipe.Writer.WriteAsync(new byte[HookBodies.MaxBody + 1]);

        Assert.Equal((HookBody.TooLong, null), await reading);
    }

    [Fact]
    public async Task BodyThatHasBeenIdleForLongest_IsGivenUp_WhenTogetherTheyAreTooMuch()
    {
        Pipe[] pipes = [.. Enumerable.Range(0, 40).Select(_ => new Pipe(new PipeOptions(pauseWriterThreshold: 0)))];
        var readings = new List<Task<(HookBody State, string? Text)>>();
        foreach (Pipe pipe in pipes)
        {
            readings.Add(ReadAsync(pipe));
            await pipe.Writer.WriteAsync(new byte[HookBodies.MaxBody - 1]);
        }

        Assert.Equal((HookBody.NoRoom, null), await readings[0]);
        await pipes[^1].Writer.CompleteAsync();
        Assert.Equal(HookBody.Whole, (await readings[^1]).State);
        Assert.InRange(_bodies.Held, 0, HookBodies.MaxHeld);
        foreach (Pipe pipe in pipes[..^1])
        {
            await pipe.Writer.CompleteAsync();
        }

        Assert.InRange((await Task.WhenAll(readings)).Count(read => read.State == HookBody.NoRoom), 20, 36);
        Assert.Equal(0, _bodies.Held);
    }

    [Fact]
    public async Task BodyThatMoves_IsKept_ThoughOthersBeganLater()
    {
        var moving = new Pipe(new PipeOptions(pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline));
        Task<(HookBody State, string? Text)> reading = ReadAsync(moving);
        for (int i = 0; i < 40; i++)
        {
            var idle = new Pipe(new PipeOptions(pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline));
            _ = ReadAsync(idle);
            await idle.Writer.WriteAsync(new byte[HookBodies.MaxBody - 1]);
            await moving.Writer.WriteAsync("x"u8.ToArray());
            Assert.InRange(_bodies.Held, 0, HookBodies.MaxHeld);
        }

        await moving.Writer.CompleteAsync();
        Assert.Equal((HookBody.Whole, new string('x', 40)), await reading);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xe9, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { 0xff })]
    public void Notice_IsMalformed_WhenItIsNotUtf8(byte[] body) =>
        Assert.Throws<JsonException>(() => HookPayload.RepositoryOf(new GitHubForge(), body));

    [Fact]
    public void Notice_IsMalformed_WhenANameIsHalfASurrogatePair() =>
        Assert.Throws<JsonException>(() =>
            HookPayload.RepositoryOf(new GitHubForge(), Encoding.ASCII.GetBytes("""{"repository":{"full_name":"\ud800"}}"""))
        );

    private Task<(HookBody State, string? Text)> ReadAsync(Pipe pipe) =>
        _bodies.UseAsync(pipe.Reader, static body => Encoding.UTF8.GetString(body.Span), CancellationToken.None);
}
