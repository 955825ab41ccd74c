using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests;

/// <summary>A clock that stands still until it is turned; its timers ring while it is turned.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _ticks;
    private long _jump;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() =>
        new(DateTimeOffset.UnixEpoch.AddYears(56).Ticks + GetTimestamp() + Interlocked.Read(ref _jump), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    public void Turn(TimeSpan by)
    {
        long end = GetTimestamp() + by.Ticks;
        while (true)
        {
            Timer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= end).MinBy(static timer => timer.Due);
            }

            if (next is null)
            {
                Interlocked.Exchange(ref _ticks, end);
                return;
            }

            Interlocked.Exchange(ref _ticks, Math.Max(GetTimestamp(), next.Due));
            next.Ring();
        }
    }

    /// <summary>Turns the clock, a step at a time and by <paramref name="most"/> in all, until the condition holds.</summary>
    public Task TurnUntilAsync(string what, Func<bool> condition, TimeSpan most, TimeSpan? step = null)
    {
        long end = GetTimestamp() + most.Ticks;
        return Eventually.TrueAsync(
            what,
            () =>
            {
                if (condition())
                {
                    return true;
                }

                long left = end - GetTimestamp();
                Turn(TimeSpan.FromTicks(Math.Min(left, (step ?? TimeSpan.FromSeconds(1)).Ticks)));
                return condition();
            }
        );
    }

    /// <summary>Turns the clock, a tenth of a second at a time and by an hour in all, until the task has ended.</summary>
    public async Task<T> TurnThroughAsync<T>(Task<T> task)
    {
        await TurnUntilAsync("it has ended", () => task.IsCompleted, TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(100));
        return await task;
    }

    /// <summary>The wall clock jumps; the monotonic clock is not touched.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _jump, by.Ticks);

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Due { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
            return true;
        }

        public void Ring()
        {
            Due = _period > TimeSpan.Zero ? Due + _period.Ticks : long.MaxValue;
            callback(state);
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
