using Waystation.CacheStore.Mirrors;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class PackTurnsTests
{
    private static readonly RepositoryName A = new("git.example", "a.git"), B = new("git.example", "b.git"), C = new("git.example", "c.git");

    [Fact]
    public async Task Turns_AreGivenAtOnce_UpToBothCaps()
    {
        PackTurns turns = New(total: 3, each: 2);
        using IDisposable one = await turns.EnterAsync(A, default), two = await turns.EnterAsync(A, default), three = await turns.EnterAsync(B, default);
        Assert.Equal((3, 0), (turns.Making, turns.Waiting));
        Assert.False(turns.EnterAsync(C, default).IsCompleted);
        Assert.Equal((3, 1), (turns.Making, turns.Waiting));
    }

    [Fact]
    public async Task WhoComesFirst_IsFirst()
    {
        PackTurns turns = New(total: 1, each: 1);
        IDisposable held = await turns.EnterAsync(A, default);
        Task<IDisposable>[] waiting = [turns.EnterAsync(B, default), turns.EnterAsync(A, default), turns.EnterAsync(C, default)];
        foreach (Task<IDisposable> next in waiting)
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
        PackTurns turns = New(total: 2, each: 1);
        IDisposable a = await turns.EnterAsync(A, default);
        Task<IDisposable> secondA = turns.EnterAsync(A, default), thirdA = turns.EnterAsync(A, default);
        IDisposable b = await turns.EnterAsync(B, default);
        Task<IDisposable> c = turns.EnterAsync(C, default);
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
        PackTurns turns = New(total: 1, each: 1, waiting: 2);
        IDisposable held = await turns.EnterAsync(A, default);
        Task<IDisposable> first = turns.EnterAsync(A, default), second = turns.EnterAsync(B, default);
        await Assert.ThrowsAsync<PackTurnsFullException>(() => turns.EnterAsync(C, default));
        held.Dispose();
        (await first).Dispose();
        (await second).Dispose();
        (await turns.EnterAsync(C, default)).Dispose();
    }

    [Fact]
    public async Task WhoLeavesTheQueue_TakesNoTurn()
    {
        PackTurns turns = New(total: 1, each: 1);
        IDisposable held = await turns.EnterAsync(A, default);
        using var leaving = new CancellationTokenSource();
        Task<IDisposable> leaver = turns.EnterAsync(B, leaving.Token), next = turns.EnterAsync(C, default);
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
        PackTurns turns = New(total: 4, each: 2);
        RepositoryName[] names = [A, B, C];
        int[] making = new int[names.Length];
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async number =>
        {
            var random = new Random(seed + number);
            int which = random.Next(names.Length);
            using var leaving = new CancellationTokenSource();
            if (random.Next(3) == 0)
                leaving.CancelAfter(random.Next(20));
            await Task.Delay(random.Next(30));
            try
            {
                using IDisposable turn = await turns.EnterAsync(names[which], leaving.Token);
                Assert.InRange(Interlocked.Increment(ref making[which]), 1, 2);
                Assert.InRange(turns.Making, 1, 4);
                await Task.Yield();
                Interlocked.Decrement(ref making[which]);
            }
            catch (OperationCanceledException)
            {
                // It has left.
            }
        })).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True((turns.Making, turns.Waiting) == (0, 0), $"seed {seed}: {turns.Making} making, {turns.Waiting} waiting");
    }

    private static PackTurns New(int total, int each, int waiting = 1_000) => new(new MirrorOptions { MaxPacks = total, MaxPacksPerRepository = each, MaxWaiting = waiting });
}
