using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>A pack that stalls holds up only its asker. Its followers go another way after a bounded time.</summary>
public sealed class StalledStarterTests : IAsyncLifetime
{
    private static readonly ObjectId s_tip = CoreFixture.Id(1);

    private readonly CoreFixture _core = new();

    public Task InitializeAsync()
    {
        _core.Primary.Refs.Add(("refs/heads/main", s_tip, null));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _core.DisposeAsync();

    [Theory]
    [InlineData(0)] // nothing at all
    [InlineData(1)] // the sections before the pack
    public async Task Follower_GoesItsOwnWay_WhenNothingComes(int part)
    {
        var hanging = new HangingReply(part == 0 ? [] : "000dpackfile\n"u8.ToArray());
        _core.Primary.FetchOverride = user => user == "mallory" ? hanging : null;
        Task<FetchAnswer> mallory = _core.FetchAsync("mallory", CoreFixture.Clone(s_tip));
        await UntilAsync(() => _core.Primary.Packs == 1);
        Task<byte[]>[] others = [.. Enumerable.Range(0, 10).Select(ReadAsync)];
        await TurnUntilAsync(() => others.All(static other => other.IsCompleted));
        Assert.All(await Task.WhenAll(others), static pack => Assert.Equal(FakePrimary.Pack, pack));

        // One of them for all of them.
        Assert.Equal(2, _core.Primary.Packs);
        await hanging.DisposeAsync();
        await mallory.ContinueWith(
            static _ => { },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }

    private async Task<byte[]> ReadAsync(int user) =>
        await CoreFixture.ReadAsync(await _core.FetchAsync($"user {user}", CoreFixture.Clone(s_tip)));

    private Task TurnUntilAsync(Func<bool> condition) =>
        _core.Time.TurnUntilAsync("somebody goes another way", condition, TimeSpan.FromSeconds(30));

    private static Task UntilAsync(Func<bool> condition) => Eventually.TrueAsync("what the test waits for", condition);

    /// <summary>Says so much, and then nothing more.</summary>
    private sealed class HangingReply : PrimaryReply
    {
        private readonly Pipe _pipe = new();

        public HangingReply(byte[] said)
        {
            _pipe.Writer.Write(said);
            _pipe.Writer.FlushAsync().AsTask().GetAwaiter().GetResult();
        }

        public override bool IsAnswer => true;

        public override bool IsRefusal => false;

        public override long AskedAt => 0;

        public override PipeReader Body => _pipe.Reader;

        public override async ValueTask DisposeAsync()
        {
            await _pipe.Writer.CompleteAsync();
            await _pipe.Reader.CompleteAsync();
        }
    }
}
