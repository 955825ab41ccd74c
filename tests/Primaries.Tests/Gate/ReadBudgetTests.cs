using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Tests;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Tests.Gate;

public sealed class ReadBudgetTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Read_IsToldToTryAgain_AfterTenSecondsWithoutAPlace()
    {
        var budget = new ReadBudget(1, _time);
        using IDisposable place = await budget.EnterAsync(default);
        Task<IDisposable> waiting = budget.EnterAsync(default).AsTask();

        _time.Turn(TimeSpan.FromSeconds(9));
        Assert.False(waiting.IsCompleted);
        _time.Turn(TimeSpan.FromSeconds(1));

        PrimaryBusyException busy = await Assert.ThrowsAsync<PrimaryBusyException>(() => waiting);
        Assert.Equal((TimeSpan.FromSeconds(10), true), (busy.RetryAfter, busy.ConcernsAll));
    }

    [Fact]
    public async Task Places_AreGivenInTheOrderOfTheReads()
    {
        var budget = new ReadBudget(1, _time);
        IDisposable place = await budget.EnterAsync(default);
        Task<IDisposable> first = budget.EnterAsync(default).AsTask();
        Task<IDisposable> second = budget.EnterAsync(default).AsTask();

        place.Dispose();
        using IDisposable next = await first;

        Assert.False(second.IsCompleted);
        next.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task Client_ThatLeaves_IsNotToldToTryAgain()
    {
        var budget = new ReadBudget(1, _time);
        using IDisposable place = await budget.EnterAsync(default);
        using var client = new CancellationTokenSource();
        Task<IDisposable> waiting = budget.EnterAsync(client.Token).AsTask();

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Reads_AreNotLimited_WhereTheLimitIsZero()
    {
        var budget = new ReadBudget(0, _time);
        for (int i = 0; i < 1_000; i++)
        {
            _ = await budget.EnterAsync(default);
        }
    }
}
