using Waystation.CacheStore.Mirrors;

namespace Waystation.CacheStore.Tests;

public sealed class PackTurnsTests
{
    private static readonly RepositoryName s_one = new("git.example.com", "one"), s_two = new("git.example.com", "two");

    private readonly PackTurns _turns = new(new MirrorOptions { MaxPacks = 2, MaxPacksPerRepository = 1, MaxWaiting = 10 });

    [Fact]
    public async Task Last_WaitsForEverybody_AndTakesNoTurnFromAnybody()
    {
        IDisposable one = await _turns.EnterAsync(s_one, default);
        Task<IDisposable> waiting = _turns.EnterAsync(s_one, default);
        Task<IDisposable> last = _turns.EnterLastAsync(default);
        Assert.False(waiting.IsCompleted || last.IsCompleted);

        // Nobody waits any more, and a turn is free.
        one.Dispose();
        using IDisposable second = await waiting;
        using IDisposable began = await last;

        // While it goes on, people get their turns, and the next one of its kind waits.
        using IDisposable two = await _turns.EnterAsync(s_two, default);
        Task<IDisposable> next = _turns.EnterLastAsync(default);
        began.Dispose();
        Assert.False(next.IsCompleted);
        two.Dispose();
        (await next).Dispose();
    }

    [Fact]
    public async Task Last_MayStopWaiting()
    {
        using IDisposable one = await _turns.EnterAsync(s_one, default);
        using IDisposable two = await _turns.EnterAsync(s_two, default);
        using var patience = new CancellationTokenSource();
        Task<IDisposable> last = _turns.EnterLastAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        one.Dispose();
        (await _turns.EnterLastAsync(default)).Dispose();
    }

    [Fact]
    public async Task Last_Begins_WhenWhoWaitedGivesUp()
    {
        using IDisposable one = await _turns.EnterAsync(s_one, default);
        using var patience = new CancellationTokenSource();
        Task<IDisposable> waiting = _turns.EnterAsync(s_one, patience.Token);
        Task<IDisposable> last = _turns.EnterLastAsync(default);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        (await last).Dispose();
    }
}
