using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Streams;
using Waystation.CacheStore.Tests.Lfs;
using Waystation.CacheStore.Tests.Mirrors;
using Waystation.FetchCore.Tests;

namespace Waystation.CacheStore.Tests;

/// <summary>Scrubbing rests three times as long as it works, whichever kind of file it reads.</summary>
public sealed class ScrubPaceTests
{
    private const int Block = BlockSums.BlockLength;

    [Fact]
    public async Task Rest_IsThreeTimesAsLongAsTheWork()
    {
        var time = new ManualTime();
        var pace = new ScrubPace(time);
        time.Turn(TimeSpan.FromMilliseconds(4));
        Assert.True(pace.RestAsync(default).AsTask().IsCompleted);
        time.Turn(TimeSpan.FromMilliseconds(4));
        Task rest = pace.RestAsync(default).AsTask();
        time.Turn(TimeSpan.FromMilliseconds(23));
        Assert.False(rest.IsCompleted);
        time.Turn(TimeSpan.FromMilliseconds(1));
        await rest;

        // The rest itself was no work, nor is the time until the next file.
        Assert.True(pace.RestAsync(default).AsTask().IsCompleted);
        time.Turn(TimeSpan.FromHours(1));
        pace.Begin();
        Assert.True(pace.RestAsync(default).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Rest_EndsWithTheNode()
    {
        var time = new ManualTime();
        using var stopping = new CancellationTokenSource();
        var pace = new ScrubPace(time);
        time.Turn(TimeSpan.FromHours(1));
        Task rest = pace.RestAsync(stopping.Token).AsTask();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rest);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pace.RestAsync(stopping.Token).AsTask());
    }

    [Fact]
    public async Task KeptPack_IsReadWithRests()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(3 * Block));
        await RestsAsync(Assert.Single(store.Tier.ScrubItems()), blocks: 3);
    }

    [Fact]
    public async Task StoredObject_IsReadWithRests()
    {
        await using var bench = new ObjectBench();
        await bench.StoreAsync(ObjectBench.Noise(4 * Block));
        await RestsAsync(Assert.Single(bench.Store.ScrubItems()), blocks: 4);
    }

    [Fact]
    public async Task FilesOfAMirror_AreReadWithRests()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        await bench.Upkeep.RunAsync(mirror, default);
        List<ScrubItem> items = [.. bench.Mirrors.ScrubItems(mirror)];
        Assert.NotEmpty(items);
        foreach (ScrubItem item in items)
        {
            await RestsAsync(item, blocks: (int)((item.Length + Block - 1) / Block));
        }
    }

    private static async Task RestsAsync(ScrubItem item, int blocks)
    {
        var disk = new SlowDisk();
        Assert.True(await item.CheckAsync(new ScrubPace(disk), default));
        Assert.Equal(Enumerable.Repeat(3 * SlowDisk.Read, blocks), disk.Rests);
    }

    /// <summary>A disk from which each block takes its time. Rests are noted and end at once.</summary>
    private sealed class SlowDisk : TimeProvider
    {
        public static readonly TimeSpan Read = TimeSpan.FromMilliseconds(10);

        private long _now;

        public List<TimeSpan> Rests { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += Read.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Rests.Add(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
