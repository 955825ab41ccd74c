using System.Diagnostics;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// Wakes waiters within a millisecond of their time. The runtime's own timers count in steps of up to four milliseconds, which is too much
/// for a round trip of sixty. So a thread of its own waits for the next time.
/// </summary>
internal sealed class LinkClock : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private readonly AutoResetEvent _changed = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _closing;

    public LinkClock()
    {
        _thread = new Thread(Run) { Name = "link clock", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits until a timestamp of <see cref="Stopwatch"/>, or comes back at once where that is less than a millisecond
    /// away.</summary>
    public ValueTask UntilAsync(long timestamp)
    {
        if (MillisecondsUntil(timestamp) < 1)
        {
            return ValueTask.CompletedTask;
        }

        var come = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue(come, timestamp);
        }

        _changed.Set();
        return new ValueTask(come.Task);
    }

    /// <summary>Ends the thread; there must be no waiter any more.</summary>
    public void Dispose()
    {
        _closing = true;
        _changed.Set();
        _thread.Join();
        _changed.Dispose();
    }

    private static double MillisecondsUntil(long timestamp) =>
        Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp).TotalMilliseconds;

    private void Run()
    {
        while (!_closing)
        {
            _changed.WaitOne(WakeAndLook());
        }
    }

    /// <summary>Wakes the waiters that are due; returns the whole milliseconds until the next one.</summary>
    private int WakeAndLook()
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out TaskCompletionSource? next, out long timestamp))
            {
                double left = MillisecondsUntil(timestamp);
                if (left >= 1)
                {
                    return (int)left;
                }

                _waiting.Dequeue();
                next.SetResult();
            }
        }

        return Timeout.Infinite;
    }
}
