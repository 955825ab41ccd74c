using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>To whom a stored object belongs, over restarts.</summary>
public sealed class StrangerObjectTests
{
    private const int Block = ObjectBench.Block;

    [Fact]
    public async Task ObjectOfAStranger_StaysOne_AndIsNoMore_OnceUsed_OverRestarts()
    {
        await using var bench = new ObjectBench();
        LfsObject one = await bench.StoreAsync(ObjectBench.Noise(1_000, 1), isStranger: true);
        await bench.StoreAsync(ObjectBench.Noise(2_000, 2));
        Assert.Equal(1_000, bench.Store.BytesOfStrangers);
        await bench.RestartAsync();
        Assert.Equal(1_000, bench.Store.BytesOfStrangers);

        await bench.Store.TryOpenStored(ObjectBench.A, one, isStranger: true)!.DisposeAsync();
        Assert.Equal(1_000, bench.Store.BytesOfStrangers);
        await bench.Store.TryOpenStored(ObjectBench.A, one)!.DisposeAsync();
        Assert.Equal(0, bench.Store.BytesOfStrangers);
        await bench.RestartAsync();
        Assert.Equal((2, 0L), (bench.Store.Count, bench.Store.BytesOfStrangers));
    }

    [Fact]
    public async Task ObjectsOfStrangers_MakeNothingElseGo()
    {
        await using var bench = new ObjectBench(maxSize: 4 * Block);
        LfsObject known = await bench.StoreAsync(ObjectBench.Noise(3 * Block, 1));
        for (int i = 0; i < 10; i++)
        {
            byte[] content = ObjectBench.Noise(Block / 2, 10 + i);
            await using LfsReading reading = bench.Store.Open(
                ObjectBench.A,
                ObjectBench.ObjectOf(content),
                ObjectBench.SourceOf(content),
                isStranger: true
            );
            Assert.Equal(content, await ObjectBench.ReadAsync(reading, size: content.Length));
        }

        byte[] large = ObjectBench.Noise(2 * Block, 2);
        await using LfsReading tooLarge = bench.Store.Open(
            ObjectBench.A,
            ObjectBench.ObjectOf(large),
            ObjectBench.SourceOf(large),
            isStranger: true
        );
        Assert.Equal(large, await ObjectBench.ReadAsync(tooLarge, size: large.Length));
        Assert.True(bench.Store.Contains(known));
        Assert.False(bench.Store.Contains(ObjectBench.ObjectOf(large)));
        Assert.InRange(bench.Store.Bytes, 3 * Block, 4 * Block);
        Assert.Equal(0, bench.CountOf("waystation_lfs_store_failures_total"));
    }
}
