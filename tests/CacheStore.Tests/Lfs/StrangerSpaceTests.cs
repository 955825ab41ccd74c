using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Tests;
using Waystation.TestKit.Servers;
using Xunit.Abstractions;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>What strangers bring in goes first, and never makes anything of others go.</summary>
public sealed class StrangerSpaceTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_cost = TimeSpan.FromSeconds(1);
    private readonly TempFolder _temp = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void KnownClients_FindTheSame_WhateverStrangersDo()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (int history = 0; history < 200; history++)
        {
            CompareHistory(seed + history);
        }
    }

    [Fact]
    public void ThingsOfStrangers_GoFirst_InWhicheverStoreTheyAre()
    {
        using DataFolder folder = Open();
        SpaceBudget budget = BudgetOf(folder, maxSize: 100);
        var packs = new Things(budget, 80);
        var objects = new Things(budget, 80);
        Assert.True(packs.Want("cheap, of alice", 40, TimeSpan.Zero, isStranger: false));
        Assert.True(objects.Want("dear, of a stranger", 50, TimeSpan.FromHours(1), isStranger: true));

        Assert.True(packs.Want("of bob", 30, s_cost, isStranger: false));
        Assert.Equal(["dear, of a stranger"], Things.Gone(packs, objects));

        // A stranger finds no room among things of others.
        Assert.False(packs.Want("another of a stranger", 50, s_cost, isStranger: true));
        Assert.Single(Things.Gone(packs, objects));
    }

    [Fact]
    public void ThingOfAStranger_IsAsGoodAsAny_OnceAKnownClientUsesIt()
    {
        using DataFolder folder = Open();
        var packs = new Things(BudgetOf(folder), 100);
        Assert.True(packs.Want("used by alice", 50, s_cost, isStranger: true));
        Assert.Equal(50, packs.BytesOfStrangers);
        Assert.True(packs.Want("used by alice", 50, s_cost, isStranger: false));
        Assert.Equal(0, packs.BytesOfStrangers);
        Assert.False(packs.Want("large, of a stranger", 60, s_cost, isStranger: true));
        Assert.Empty(packs.Evicted);
    }

    [Fact]
    public void ThingThatNobodyUsedForAWeek_MakesRoomForStrangers()
    {
        using DataFolder folder = Open();
        var packs = new Things(BudgetOf(folder), 100);
        Assert.True(packs.Want("of alice", 50, s_cost, isStranger: false));
        Assert.True(packs.Want("of bob", 50, s_cost, isStranger: false));
        _time.Turn(TimeSpan.FromDays(6));
        Assert.True(packs.Want("of bob", 50, s_cost, isStranger: true));
        _time.Turn(TimeSpan.FromDays(2));
        Assert.True(packs.Want("of a stranger", 50, s_cost, isStranger: true));
        Assert.Equal(["of alice"], packs.Evicted);
        Assert.False(packs.Want("large, of a stranger", 60, s_cost, isStranger: true));
    }

    [Fact]
    public void ShareOfStrangers_IsKept_ThoughThereIsRoom()
    {
        using DataFolder folder = Open();
        var packs = new Things(new SpaceBudget(folder, new DiskOptions(), new StrangerOptions { MaxShare = 10 }, _time), 100);
        for (int i = 0; i < 50; i++)
        {
            Assert.True(packs.Want($"of a stranger {i}", 3, s_cost, isStranger: true));
            Assert.InRange(packs.BytesOfStrangers, 1, 10);
        }

        Assert.False(packs.Want("too large for strangers", 11, s_cost, isStranger: true));
        Assert.True(packs.Want("of alice", 91, s_cost, isStranger: false));
        Assert.True(packs.BytesOfStrangers > 0);
    }

    /// <summary>The same uses by known clients, with and without strangers: in each moment they have the same things.</summary>
    private void CompareHistory(int seed)
    {
        using DataFolder folder = Open();
        SpaceBudget budget = BudgetOf(folder, maxSize: 150),
            alone = BudgetOf(folder, maxSize: 150);
        Things[] shared = [new(budget, 100), new(budget, 80)],
            unshared = [new(alone, 100), new(alone, 80)];
        var random = new Random(seed);
        for (int step = 0; step < 300; step++)
        {
            bool isStranger = random.Next(4) != 0;
            int store = random.Next(2),
                thing = random.Next(isStranger ? 200 : 12);
            long length = 1 + (thing * 7 % 30);
            var cost = TimeSpan.FromMilliseconds(thing * 131 % 1_000);
            string name = $"{thing}";
            shared[store].Want(name, length, cost, isStranger);
            if (!isStranger)
            {
                unshared[store].Want(name, length, cost, isStranger);
            }

            for (int i = 0; i < 2; i++)
            {
                Assert.True(shared[i].OfKnown().SequenceEqual(unshared[i].OfKnown()), $"seed {seed}, step {step}");
                Assert.InRange(shared[i].Bytes, 0, shared[i].MaxBytes);
            }

            Assert.InRange(shared.Sum(static one => one.Bytes), 0, 150);
        }
    }

    private DataFolder Open() => new(_temp[Guid.NewGuid().ToString("N")], TimeProvider.System);

    private SpaceBudget BudgetOf(DataFolder folder, long maxSize = 0) =>
        new(folder, new DiskOptions { MaxSize = maxSize }, new StrangerOptions(), _time);
}
