using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>One budget and one rule for all stores.</summary>
public sealed class SpaceBudgetTests : IDisposable
{
    private const int Block = ObjectBench.Block;
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task LimitOfTheStore_IsKept_TheLeastWorthFirst()
    {
        await using var bench = new ObjectBench(maxSize: 4 * Block);
        LfsObject used = await bench.StoreAsync(ObjectBench.Noise(Block, 1)),
            unused = await bench.StoreAsync(ObjectBench.Noise(Block, 2));
        for (int i = 0; i < 1_000; i++)
        {
            await bench.Store.TryOpenStored(ObjectBench.A, used)!.DisposeAsync();
        }

        await bench.StoreAsync(ObjectBench.Noise((2 * Block) + 1, 3));
        Assert.True(bench.Store.Contains(used));
        Assert.False(bench.Store.Contains(unused));
        Assert.Equal(Block, bench.CountOf("waystation_lfs_evicted_bytes_total"));
        Assert.InRange(bench.Store.Bytes, 1, 4 * Block);
        await bench.RestartAsync();
        Assert.Equal((2, (3L * Block) + 1), (bench.Store.Count, bench.Store.Bytes));
    }

    [Fact]
    public async Task LowerLimit_CountsFromTheStart()
    {
        using (var folder = new DataFolder(_temp["data"], TimeProvider.System))
        using (var meter = new Meter("first"))
        {
            await using LfsStore store = Open(folder, meter, 1L << 30);
            for (int i = 0; i < 10; i++)
            {
                byte[] content = ObjectBench.Noise(1_000, i);
                await using LfsReading reading = store.Open(ObjectBench.A, ObjectBench.ObjectOf(content), ObjectBench.SourceOf(content));
                Assert.True(await reading.EndAsync(CancellationToken.None));
            }

            await Eventually.TrueAsync("all are stored", () => store.Count == 10);
        }

        using (var folder = new DataFolder(_temp["data"], TimeProvider.System))
        using (var meter = new Meter("second"))
        {
            await using LfsStore store = Open(folder, meter, 4_000);
            Assert.Equal(4, store.Count);
        }
    }

    [Fact]
    public void LeastWorth_GoesFirst_InWhicheverStoreItIs()
    {
        using var folder = new DataFolder(_temp["data"], TimeProvider.System);
        var budget = new SpaceBudget(folder, new DiskOptions { MaxSize = 100 }, new StrangerOptions(), TimeProvider.System);
        var packs = new Things(budget, 80);
        var objects = new Things(budget, 80);
        packs.Add("dear pack", 30, TimeSpan.FromSeconds(30));
        objects.Add("cheap object", 30, TimeSpan.FromSeconds(1));
        packs.Add("cheap pack", 30, TimeSpan.FromSeconds(2));

        // Within all limits nothing goes.
        Assert.True(budget.TryMakeRoom(packs, 10));
        Assert.Empty(Things.Gone(packs, objects));

        // Over the limit of all: the cheapest of all goes, though the other store grows.
        Assert.True(budget.TryMakeRoom(packs, 20));
        Assert.Equal(["cheap object"], Things.Gone(packs, objects));

        // Over its own limit: only its own go.
        objects.Add("new object", 10, TimeSpan.Zero);
        Assert.True(budget.TryMakeRoom(packs, 30));
        Assert.Equal(["cheap object", "cheap pack"], Things.Gone(packs, objects));

        // What does not fit in any case evicts nothing.
        Assert.False(budget.TryMakeRoom(packs, 81));
        Assert.False(budget.TryMakeRoom(packs, 101));
        Assert.Equal(["cheap object", "cheap pack"], Things.Gone(packs, objects));
    }

    [Fact]
    public void ThingsThatNobodyUsesAnyMore_GrowOldInAllStores()
    {
        using var folder = new DataFolder(_temp["data"], TimeProvider.System);
        var budget = new SpaceBudget(folder, new DiskOptions { MaxSize = 100 }, new StrangerOptions(), TimeProvider.System);
        var packs = new Things(budget, 100);
        var objects = new Things(budget, 100);
        packs.Add("once dear", 50, TimeSpan.FromMilliseconds(500));
        for (int i = 0; i < 100; i++)
        {
            Assert.True(budget.TryMakeRoom(objects, 50));
            objects.Add($"object {i}", 50, TimeSpan.FromMilliseconds(100));
        }

        Assert.Contains("once dear", packs.Evicted);
        Assert.InRange(packs.Bytes + objects.Bytes, 1, 100);
    }

    [Fact]
    public void ShortDisk_EvictsEverythingInTheOrderOfWorth_AndThenGivesUp()
    {
        using var folder = new DataFolder(_temp["data"], TimeProvider.System, reserve: 1L << 60);
        var budget = new SpaceBudget(folder, new DiskOptions(), new StrangerOptions(), TimeProvider.System);
        var packs = new Things(budget, 100);
        var objects = new Things(budget, 100);
        packs.Add("2", 10, TimeSpan.FromSeconds(2));
        objects.Add("1", 10, TimeSpan.FromSeconds(1));
        objects.Add("3", 10, TimeSpan.FromSeconds(3));
        Assert.False(budget.TryMakeRoom(packs, 1));
        Assert.Equal(["1", "3"], objects.Evicted);
        Assert.Equal(["2"], packs.Evicted);
    }

    private static LfsStore Open(DataFolder folder, Meter meter, long maxSize) =>
        new(
            folder,
            new SpaceBudget(folder, new DiskOptions(), new StrangerOptions(), TimeProvider.System),
            new LfsOptions { MaxSize = maxSize },
            new StoreMeters(meter),
            TimeProvider.System,
            NullLogger<LfsStore>.Instance
        );
}
