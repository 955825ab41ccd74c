using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Tests;

/// <summary>A client that waits for a pack gets a keepalive every five seconds, if its protocol has a place for it.</summary>
public sealed class KeepaliveTests
{
    [Theory]
    [InlineData(2, SidebandKind.Sideband64k, "000dpackfile\n|0005\u0001|0005\u0001|0000")]
    [InlineData(0, SidebandKind.Sideband64k, "0008NAK\n|0005\u0001|0005\u0001|0000")]
    [InlineData(1, SidebandKind.Sideband, "0008NAK\n|0005\u0001|0005\u0001|0000")]
    [InlineData(0, SidebandKind.None, "0008NAK\n")]
    public async Task Silence_IsFilled_OnlyInASideband(int version, SidebandKind sideband, string expected)
    {
        var time = new RungTime();
        var pack = new LatePack();
        var pipe = new Pipe();
        FetchRequest request = CoreFixture.Clone(CoreFixture.Id(1));
        var framing = new ResponseFraming
        {
            ProtocolVersion = version,
            SidebandKind = sideband,
            NoProgress = true,
        };
        Task writing = new FetchAnswerBody(pipe.Writer, pack, request, framing, time, static _ => { }).WriteAsync(
            "",
            CancellationToken.None
        );
        await time.RingAsync();
        await time.RingAsync();
        await time.AwaitNextAsync();
        pack.End();
        await writing;
        await pipe.Writer.CompleteAsync();
        Assert.Equal(
            expected.Replace("|", "", StringComparison.Ordinal),
            Encoding.Latin1.GetString((await pipe.Reader.ReadAtLeastAsync(1_000)).Buffer)
        );
    }

    /// <summary>A response whose pack comes slowly, and then ends.</summary>
    private sealed class LatePack : PackReader
    {
        private readonly TaskCompletionSource<PackStep> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override FetchPrologue Prologue => FetchPrologue.Empty;

        public override DateTimeOffset MadeAt => default;

        public override long? PackLength => null;

        public void End() => _next.SetResult(new PackStep(PackStepKind.End));

        public override ValueTask<PackStep> NextAsync(CancellationToken cancellationToken) => new(_next.Task);

        public override ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override void Verify() => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A clock whose timers ring when the test says so.</summary>
    private sealed class RungTime : TimeProvider
    {
        private readonly SemaphoreSlim _set = new(0);
        private (TimerCallback Callback, object? State) _timer;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(TimeSpan.FromSeconds(5), dueTime);
            _timer = (callback, state);
            _set.Release();
            return new Timer();
        }

        /// <summary>Waits until there is a waiter.</summary>
        public Task AwaitNextAsync() => _set.WaitAsync();

        public async Task RingAsync()
        {
            await AwaitNextAsync();
            _timer.Callback(_timer.State);
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
