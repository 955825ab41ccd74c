using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Scrubbing;
using Waystation.CacheStore.Tests.Mirrors;

namespace Waystation.CacheStore.Tests;

/// <summary>A step of scrubbing costs what it reads, however many mirrors there are.</summary>
public sealed class ScrubberTests : IAsyncLifetime
{
    private static readonly TimeSpan s_step = TimeSpan.FromSeconds(15);

    private readonly Meter _meter = new("scrubbing of a test");
    private MirrorBench _bench = null!;
    private Scrubber _scrubber = null!;

    /// <summary>In the order of their turns.</summary>
    private List<Mirror> InTurn => [.. _bench.Mirrors.All().OrderBy(static mirror => mirror.Folder, StringComparer.Ordinal)];

    public async Task InitializeAsync()
    {
        _bench = await MirrorBench.OpenAsync();
        foreach (string name in (string[])["a.git", "b.git", "c.git", "d.git"])
        {
            await _bench.Upkeep.RunAsync(await _bench.MakeAsync(new RepositoryName("git.example", name)), default);
        }

        _bench.Mirrors.Release(TimeSpan.Zero);
        Open();
    }

    public Task DisposeAsync()
    {
        _bench.Dispose();
        _meter.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Step_LooksAtNoMirrorBeforeItsTurn()
    {
        foreach (Mirror later in InTurn.Skip(1))
        {
            Directory.Delete(later.Repository, recursive: true);
        }

        List<RepositoryName> reached = [];
        for (int step = 0; step < 100; step++)
        {
            reached.AddRange((await _scrubber.RunAsync(s_step, default)).Mirrors);
        }

        Assert.Equal([InTurn[0].Name], reached);
        Assert.All(InTurn.Skip(1), static mirror => Assert.False(mirror.IsOpen));
    }

    [Fact]
    public async Task Day_ReadsEveryFile_AndGoesOnAfterARestart()
    {
        long whole = InTurn.Sum(static mirror => mirror.Bytes);
        ScrubResult first = await _scrubber.RunAsync(TimeSpan.FromHours(10), default);
        Assert.InRange(first.Bytes, whole / 2, whole * 3 / 4);
        List<RepositoryName> order = [.. InTurn.Select(static mirror => mirror.Name)];
        _bench.Restart();
        Open();
        ScrubResult second = await _scrubber.RunAsync(TimeSpan.FromHours(10), default);
        Assert.Equal(order, first.Mirrors.Concat(second.Mirrors).Distinct());
        Assert.Equal(order[0], first.Mirrors[0]);
        Assert.NotEqual(order[0], second.Mirrors[0]);
    }

    [Fact]
    public async Task DamagedFile_IsFoundInItsTurn()
    {
        Mirror last = InTurn[^1];
        MirrorBench.Flip(MirrorBench.FilesOf(last, "*.pack").Single());
        ScrubResult result = await _scrubber.RunAsync(TimeSpan.FromHours(20), default);
        Assert.Equal(1, result.Damaged);
        Assert.Null(_bench.Mirrors.Find(last.Name));
    }

    /// <summary>More is owed than there is: after a pause of the whole machine, say.</summary>
    [Fact]
    public async Task LongPause_IsNoEndlessStep()
    {
        Assert.InRange((await _scrubber.RunAsync(TimeSpan.FromDays(30), default)).Bytes, 1, 2 * InTurn.Sum(static mirror => mirror.Bytes));
        Assert.Equal(0, (await _scrubber.RunAsync(TimeSpan.Zero, default)).Bytes);
    }

    private void Open(TimeProvider? time = null)
    {
        var budget = new SpaceBudget(_bench.Data, new DiskOptions(), new StrangerOptions(), TimeProvider.System);
        var meters = new StoreMeters(_meter);
        _scrubber = new Scrubber(
            new DiskPackTier(_bench.Data, budget, new PackCacheOptions(), meters, TimeProvider.System, NullLogger<DiskPackTier>.Instance),
            _bench.Mirrors,
            new LfsStore(_bench.Data, budget, new LfsOptions(), meters, TimeProvider.System, NullLogger<LfsStore>.Instance),
            _bench.Data,
            TimeSpan.FromHours(20),
            time ?? TimeProvider.System
        );
    }
}
