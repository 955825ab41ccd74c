using Waystation.FetchCore.Flights;

namespace Waystation.FetchCore.Tests.Flights;

public sealed class SingleFlightTests : IDisposable
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _owner = new();
    private readonly SingleFlight<string, int> _calls;
    private int _begun;

    public SingleFlightTests() => _calls = new SingleFlight<string, int>(_owner.Token);

    public void Dispose() => _owner.Dispose();

    [Fact]
    public async Task Callers_JoinTheCallUnderWay_HoweverLateTheyCome()
    {
        Task<int> first = Begin("refs", TimeSpan.FromMinutes(1));
        _time.Turn(TimeSpan.FromSeconds(59));
        Task<int> late = Join("refs");
        Assert.False(late.IsCompleted);
        Assert.Same(late, _calls.Find("refs"));

        _time.Turn(s_second);

        Assert.All(await Task.WhenAll(first, late), static result => Assert.Equal(1, result));
        Assert.Equal(1, _begun);
    }

    [Fact]
    public async Task OtherKeys_AreCallsOfTheirOwn()
    {
        Task<int> first = Begin("refs", s_second);
        Task<int> other = Begin("pack", s_second);
        _time.Turn(s_second);
        int[] results = await Task.WhenAll(first, other);
        Assert.Equal([1, 2], results.Order());
    }

    [Fact]
    public async Task Failure_IsToldToAllWhoJoined_AndNotToTheNextCaller()
    {
        Task<int> first = Begin("refs", s_second, new InvalidOperationException("no"));
        Task<int> second = Join("refs");
        _time.Turn(s_second);
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => first)).Message);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);

        Task<int> next = Begin("refs", s_second);
        _time.Turn(s_second);
        Assert.Equal(2, await next);
    }

    [Fact]
    public async Task CallerThatLeaves_EndsNothingForTheOthers()
    {
        using var gone = new CancellationTokenSource();
        Task<int> leaving = Begin("refs", s_second).WaitAsync(gone.Token);
        Task<int> staying = Join("refs");
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        _time.Turn(s_second);
        Assert.Equal(1, await staying);
    }

    [Fact]
    public async Task CallThatAllHaveLeft_GoesOn_AndIsJoinedByTheNextCaller()
    {
        using var gone = new CancellationTokenSource();
        Task<int>[] leaving = [Begin("refs", s_second).WaitAsync(gone.Token), Join("refs").WaitAsync(gone.Token)];
        await gone.CancelAsync();
        foreach (Task<int> left in leaving)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        }

        Task<int> next = Join("refs");
        _time.Turn(s_second);
        Assert.Equal(1, await next);
        Assert.Null(_calls.Find("refs"));
    }

    [Fact]
    public async Task CallerThatKnowsTheResult_BeginsANewCall()
    {
        for (int call = 1; call <= 100; call++)
        {
            Task<int> running = Begin("refs", s_second);
            _time.Turn(s_second);
            Assert.Equal(call, await running);
        }
    }

    [Fact]
    public async Task EndAsync_CancelsTheCallsOfSomeKeys_AndWaitsForTheirEnd()
    {
        Task<int> ended = Begin("refs", s_second);
        Task<int> other = Begin("pack", s_second);

        await _calls.EndAsync(static key => key == "refs");

        Assert.True(ended.IsCanceled);
        Assert.Null(_calls.Find("refs"));
        Assert.False(other.IsCompleted);
        _time.Turn(s_second);
        Assert.Equal(2, await other);
    }

    [Fact]
    public async Task OwnerThatEnds_CancelsTheCallsUnderWay_AndNoneBeginsAnyMore()
    {
        Task<int> running = Begin("refs", s_second);
        await _owner.CancelAsync();
        await _calls.EndAsync(static _ => true);
        Assert.True(running.IsCanceled);

        Task<int> refused = _calls.JoinOrBegin("refs", _ => Task.FromResult(0), out bool began);
        Assert.True(refused.IsCanceled);
        Assert.False(began);
        Assert.Null(_calls.Find("refs"));
    }

    /// <summary>Begins a call that takes so long by the turned clock, and waits until it runs; its result is its number.</summary>
    private Task<int> Begin(string key, TimeSpan takes, Exception? failure = null)
    {
        var runs = new TaskCompletionSource();
        Task<int> result = _calls.JoinOrBegin(
            key,
            async token =>
            {
                int number = Interlocked.Increment(ref _begun);
                Task end = Task.Delay(takes, _time, token);
                runs.SetResult();
                await end;
                return failure is null ? number : throw failure;
            },
            out bool began
        );
        Assert.True(began);
        Assert.True(runs.Task.Wait(TimeSpan.FromSeconds(30)));
        return result;
    }

    private Task<int> Join(string key)
    {
        Task<int> result = _calls.JoinOrBegin(key, static _ => throw new InvalidOperationException("it is to be joined"), out bool began);
        Assert.False(began);
        return result;
    }
}
