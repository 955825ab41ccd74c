using System.Diagnostics;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// Wakes those who wait for a time, within a millisecond of it. The runtime's own timers count in steps of up to four milliseconds,
/// which shows where a round trip has sixty; so a thread of its own waits for the next time.
/// </summary>
internal sealed class LinkClock : IDisposable
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> waiting = new();
    private readonly AutoResetEvent changed = new(initialState: false);
    private readonly Thread thread;
    private volatile bool closing;

    public LinkClock()
    {
        thread = new Thread(Run) { Name = "link clock", IsBackground = true };
        thread.Start();
    }

    /// <summary>Waits until a timestamp of <see cref="Stopwatch"/>, or comes back at once where that is less than a millisecond away.</summary>
    public ValueTask UntilAsync(long timestamp)
    {
        if (MillisecondsUntil(timestamp) < 1)
            return ValueTask.CompletedTask;
        var come = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
            waiting.Enqueue(come, timestamp);
        changed.Set();
        return new ValueTask(come.Task);
    }

    /// <summary>Ends the thread; nobody may wait any more.</summary>
    public void Dispose()
    {
        closing = true;
        changed.Set();
        thread.Join();
        changed.Dispose();
    }

    private static double MillisecondsUntil(long timestamp) => Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp).TotalMilliseconds;

    private void Run()
    {
        while (!closing)
            changed.WaitOne(WakeAndLook());
    }

    /// <summary>Wakes whose time has come; returns the milliseconds until the next one's, without their fraction.</summary>
    private int WakeAndLook()
    {
        lock (gate)
        {
            while (waiting.TryPeek(out TaskCompletionSource? next, out long timestamp))
            {
                double left = MillisecondsUntil(timestamp);
                if (left >= 1)
                    return (int)left;
                waiting.Dequeue();
                next.SetResult();
            }
        }

        return Timeout.Infinite;
    }
}
