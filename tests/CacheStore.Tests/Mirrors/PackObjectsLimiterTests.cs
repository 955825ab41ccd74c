using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class PackObjectsLimiterTests
{
    private static readonly PackRequester s_somebody = new("somebody", static () => false);

    private static readonly RepositoryName s_a = new("git.example", "a.git"),
        s_b = new("git.example", "b.git"),
        s_c = new("git.example", "c.git");

    [Fact]
    public async Task Turns_AreGivenAtOnce_UpToBothCaps()
    {
        PackObjectsLimiter turns = New(total: 3, each: 2);
        using IDisposable one = await turns.EnterAsync(s_a, s_somebody, default),
            two = await turns.EnterAsync(s_a, s_somebody, default),
            three = await turns.EnterAsync(s_b, s_somebody, default);
        Assert.Equal((3, 0), (turns.Making, turns.Waiting));
        Assert.False(turns.EnterAsync(s_c, s_somebody, default).IsCompleted);
        Assert.Equal((3, 1), (turns.Making, turns.Waiting));
    }

    [Fact]
    public async Task WhoComesFirst_IsFirst()
    {
        PackObjectsLimiter turns = New(total: 1, each: 1);
        IDisposable held = await turns.EnterAsync(s_a, s_somebody, default);
        Task<PackObjectsPermit>[] waiting =
        [
            turns.EnterAsync(s_b, s_somebody, default),
            turns.EnterAsync(s_a, s_somebody, default),
            turns.EnterAsync(s_c, s_somebody, default),
        ];
        foreach (Task<PackObjectsPermit> next in waiting)
        {
            Assert.False(next.IsCompleted);
            held.Dispose();
            held = await next;
        }

        held.Dispose();
        Assert.Equal((0, 0), (turns.Making, turns.Waiting));
    }

    [Fact]
    public async Task Nobody_WaitsBehindARepositoryThatHasItsShare()
    {
        PackObjectsLimiter turns = New(total: 2, each: 1);
        IDisposable a = await turns.EnterAsync(s_a, s_somebody, default);
        Task<PackObjectsPermit> secondA = turns.EnterAsync(s_a, s_somebody, default),
            thirdA = turns.EnterAsync(s_a, s_somebody, default);
        IDisposable b = await turns.EnterAsync(s_b, s_somebody, default);
        Task<PackObjectsPermit> c = turns.EnterAsync(s_c, s_somebody, default);
        b.Dispose();
        using IDisposable turnOfC = await c;
        Assert.False(secondA.IsCompleted);
        a.Dispose();
        using IDisposable turnOfA = await secondA;
        Assert.False(thirdA.IsCompleted);
    }

    [Fact]
    public async Task Queue_RefusesWhoComesWhenItIsFull()
    {
        PackObjectsLimiter turns = New(total: 1, each: 1, waiting: 2);
        IDisposable held = await turns.EnterAsync(s_a, s_somebody, default);
        Task<PackObjectsPermit> first = turns.EnterAsync(s_a, s_somebody, default),
            second = turns.EnterAsync(s_b, s_somebody, default);
        await Assert.ThrowsAsync<TooManyWaitingException>(() => turns.EnterAsync(s_c, s_somebody, default));
        held.Dispose();
        (await first).Dispose();
        (await second).Dispose();
        (await turns.EnterAsync(s_c, s_somebody, default)).Dispose();
    }

    [Fact]
    public async Task WhoLeavesTheQueue_TakesNoTurn()
    {
        PackObjectsLimiter turns = New(total: 1, each: 1);
        IDisposable held = await turns.EnterAsync(s_a, s_somebody, default);
        using var leaving = new CancellationTokenSource();
        Task<PackObjectsPermit> leaver = turns.EnterAsync(s_b, s_somebody, leaving.Token),
            next = turns.EnterAsync(s_c, s_somebody, default);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        Assert.Equal(1, turns.Waiting);
        held.Dispose();
        held.Dispose(); // once is all that counts
        (await next).Dispose();
        Assert.Equal((0, 0), (turns.Making, turns.Waiting));
    }

    /// <summary>Many come, work for a moment, and leave at all times: the caps hold always, and no turn is lost.</summary>
    [Fact]
    public async Task Caps_HoldAndNoTurnIsLost_WhateverHappens()
    {
        int seed = Random.Shared.Next();
        PackObjectsLimiter turns = New(total: 4, each: 2);
        RepositoryName[] names = [s_a, s_b, s_c];
        int[] making = new int[names.Length];
        await Task.WhenAll(
                Enumerable
                    .Range(0, 400)
                    .Select(async number =>
                    {
                        var random = new Random(seed + number);
                        int which = random.Next(names.Length);
                        using var leaving = new CancellationTokenSource();
                        if (random.Next(3) == 0)
                        {
                            leaving.CancelAfter(random.Next(20));
                        }

                        await Task.Delay(random.Next(30));
                        try
                        {
                            using IDisposable turn = await turns.EnterAsync(names[which], s_somebody, leaving.Token);
                            Assert.InRange(Interlocked.Increment(ref making[which]), 1, 2);
                            Assert.InRange(turns.Making, 1, 4);
                            await Task.Yield();
                            Interlocked.Decrement(ref making[which]);
                        }
                        catch (OperationCanceledException)
                        {
                            // It has left.
                        }
                    })
            )
            .WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True((turns.Making, turns.Waiting) == (0, 0), $"seed {seed}: {turns.Making} making, {turns.Waiting} waiting");
    }

    /// <summary>A single pack has all cores, up to a bound; a further pack has the cores that are left, and at least one thread. A pack
    /// without waiters takes no thread from others, and waits until they leave a core.</summary>
    [Fact]
    public async Task Threads_AreThoseThatOthersLeave()
    {
        var turns = new PackObjectsLimiter(
            new MirrorOptions
            {
                MaxPacks = 10,
                MaxPacksPerRepository = 10,
                PackThreads = 6,
            }
        );
        using PackObjectsPermit first = await turns.EnterLastAsync(default);
        Assert.Equal(4, first.Threads);
        using PackObjectsPermit one = await turns.EnterAsync(s_a, s_somebody, default);
        PackObjectsPermit two = await turns.EnterAsync(s_a, s_somebody, default);
        using PackObjectsPermit three = await turns.EnterAsync(s_b, s_somebody, default);
        first.Dispose();
        Task<PackObjectsPermit> waiting = turns.EnterLastAsync(default);
        Assert.Equal((4, 2, 1), (one.Threads, two.Threads, three.Threads));
        Assert.False(waiting.IsCompleted);
        two.Dispose();
        two.Dispose(); // once is all that counts
        using PackObjectsPermit last = await waiting;
        Assert.Equal(1, last.Threads);
        using PackObjectsPermit four = await turns.EnterAsync(s_c, s_somebody, default);
        Assert.Equal(1, four.Threads);
        three.Dispose();
        four.Dispose();
        using PackObjectsPermit five = await turns.EnterAsync(s_c, s_somebody, default);
        Assert.Equal(2, five.Threads);
    }

    [Fact]
    public async Task Last_WaitsForEverybody_AndTakesNoTurnFromAnybody()
    {
        PackObjectsLimiter turns = New(total: 2, each: 1, waiting: 10);
        IDisposable one = await turns.EnterAsync(s_a, s_somebody, default);
        Task<PackObjectsPermit> waiting = turns.EnterAsync(s_a, s_somebody, default);
        Task<PackObjectsPermit> last = turns.EnterLastAsync(default);
        Assert.False(waiting.IsCompleted || last.IsCompleted);

        // Nobody waits any more, and a turn is free.
        one.Dispose();
        using IDisposable second = await waiting;
        using IDisposable began = await last;

        // While it goes on, people get their turns, and the next one of its kind waits.
        using IDisposable two = await turns.EnterAsync(s_b, s_somebody, default);
        Task<PackObjectsPermit> next = turns.EnterLastAsync(default);
        began.Dispose();
        Assert.False(next.IsCompleted);
        two.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task Last_MayStopWaiting()
    {
        PackObjectsLimiter turns = New(total: 2, each: 1, waiting: 10);
        using IDisposable one = await turns.EnterAsync(s_a, s_somebody, default);
        using IDisposable two = await turns.EnterAsync(s_b, s_somebody, default);
        using var patience = new CancellationTokenSource();
        Task<PackObjectsPermit> last = turns.EnterLastAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        one.Dispose();
        (await turns.EnterLastAsync(default)).Dispose();
    }

    [Fact]
    public async Task Last_Begins_WhenWhoWaitedGivesUp()
    {
        PackObjectsLimiter turns = New(total: 2, each: 1, waiting: 10);
        using IDisposable one = await turns.EnterAsync(s_a, s_somebody, default);
        using var patience = new CancellationTokenSource();
        Task<PackObjectsPermit> waiting = turns.EnterAsync(s_a, s_somebody, patience.Token);
        Task<PackObjectsPermit> last = turns.EnterLastAsync(default);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        (await last).Dispose();
    }

    private static PackObjectsLimiter New(int total, int each, int waiting = 1_000) =>
        new(
            new MirrorOptions
            {
                MaxPacks = total,
                MaxPacksPerRepository = each,
                MaxWaiting = waiting,
                PackThreads = 64,
            }
        );
}
