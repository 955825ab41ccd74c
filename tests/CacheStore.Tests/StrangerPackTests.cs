using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Tests;

/// <summary>To whom a kept pack belongs, over restarts.</summary>
public sealed class StrangerPackTests
{
    private const int Block = BlockSums.BlockLength;

    [Fact]
    public async Task PackOfAStranger_StaysOne_AndIsNoMore_OnceUsed_OverRestarts()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(1_000), isOfStranger: true);
        await store.StoreAsync(2, PackBytes.Make(2_000));
        long ofStrangers = store.Tier.BytesOfStrangers;
        Assert.InRange(ofStrangers, 1_000, 1_999);
        await store.RestartAsync();
        Assert.Equal(ofStrangers, store.Tier.BytesOfStrangers);

        await UseAsync(store, 1, isStranger: true);
        await UseAsync(store, 2, isStranger: true);
        Assert.Equal(ofStrangers, store.Tier.BytesOfStrangers);
        await UseAsync(store, 1, isStranger: false);
        Assert.Equal(0, store.Tier.BytesOfStrangers);
        await store.RestartAsync();
        Assert.Equal((2, 0L), (store.Tier.Count, store.Tier.BytesOfStrangers));
        await UseAsync(store, 1, isStranger: false);
        Assert.Empty(store.TemporaryFiles);
    }

    [Fact]
    public async Task RecordOfAnEarlierVersion_IsNoStrangers()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(1_000), isOfStranger: true);
        string record = store.FileOf(1, ".record");
        await store.RestartAsync(() =>
        {
            // Without the last three fields: strangers, the clone and the parts of the pack.
            byte[] body = File.ReadAllBytes(record)[..^(sizeof(uint) + (3 * sizeof(bool)))];
            File.WriteAllBytes(record, [.. body, .. BitConverter.GetBytes(BlockSums.Append(BlockSums.Seed, body))]);
        });
        Assert.Equal((1, 0L), (store.Tier.Count, store.Tier.BytesOfStrangers));
        await UseAsync(store, 1, isStranger: false);
    }

    [Fact]
    public async Task FillOfAStranger_IsKeptForAll_IfAKnownClientJoins()
    {
        await using var store = new Store();
        var joined = new TaskCompletionSource();
        async Task<FillOutcome> MakeAsync(Fill fill)
        {
            await joined.Task;
            return await Store.SourceOf(PackBytes.Make(1_000))(fill);
        }

        FillPlan ofStranger = Store.PlanOf(1) with { IsOfStranger = true };
        await using FillReader stranger = store.Fills.JoinOrBegin(ofStranger, MakeAsync, out _);
        await using FillReader another = store.Fills.JoinOrBegin(ofStranger, MakeAsync, out _);
        await using FillReader known = store.Fills.JoinOrBegin(Store.PlanOf(1), MakeAsync, out bool began);
        Assert.False(began);
        joined.SetResult();
        await Store.ReadAsync(known);
        await store.SettleAsync();
        Assert.Equal((1, 0L), (store.Tier.Count, store.Tier.BytesOfStrangers));
    }

    [Fact]
    public async Task PackOfAStranger_IsPassedOnAndNotKept_WhenOthersFillTheCache()
    {
        // A file asks for as much again as it has, while it grows.
        await using var store = new Store(new PackCacheOptions { MaxSize = 14 * Block });
        for (int number = 1; number <= 3; number++)
        {
            await store.StoreAsync(number, PackBytes.Make(4 * Block));
        }

        Assert.Equal(3, store.Tier.Count);
        await store.StoreAsync(4, PackBytes.Make(4 * Block), isOfStranger: true);
        Assert.Equal(3, store.Tier.Count);
        Assert.False(store.Tier.Contains(Store.KeyOf(4)));
        Assert.Equal((0L, 0L), (store.Failures, store.EvictedBytes));

        // The same of a known client makes room.
        await store.StoreAsync(5, PackBytes.Make(4 * Block));
        Assert.True(store.Tier.Contains(Store.KeyOf(5)));
        Assert.NotEqual(0, store.EvictedBytes);
    }

    private static async Task UseAsync(Store store, int number, bool isStranger)
    {
        await using PackReader? reader = await store.Tier.TryOpenAsync(Store.KeyOf(number), isStranger, CancellationToken.None);
        Assert.NotNull(reader);
    }
}
