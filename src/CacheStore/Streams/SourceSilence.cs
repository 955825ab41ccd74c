namespace Waystation.CacheStore.Streams;

/// <summary>
/// Measures how long a source with several waiters has been silent: since it was asked, or since its last byte. Before it is asked, its
/// silence does not count. A waiter that did not start the request leaves when the silence has lasted too long.
/// </summary>
public sealed class SourceSilence(TimeProvider time)
{
    private const long NeverAsked = long.MinValue;

    private long _heardAt = NeverAsked;

    /// <summary>The source was asked, or sent something, if only a keepalive.</summary>
    public void End() => Interlocked.Exchange(ref _heardAt, time.GetTimestamp());

    /// <summary>Whether the silence has lasted longer than this patience.</summary>
    public bool Exhausts(TimeSpan patience) => patience != Timeout.InfiniteTimeSpan && LeftOf(patience) <= TimeSpan.Zero;

    /// <summary>Waits for the pulse, but not longer than this patience; false if the patience is at its end.</summary>
    public async Task<bool> WaitAsync(Task pulse, TimeSpan patience, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pulse);
        if (Exhausts(patience))
        {
            return pulse.IsCompleted;
        }

        try
        {
            await pulse.WaitAsync(patience == Timeout.InfiniteTimeSpan ? patience : LeftOf(patience), time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            // The source may have sent a keepalive meanwhile, which completes no wait.
            return !Exhausts(patience);
        }
    }

    private TimeSpan LeftOf(TimeSpan patience)
    {
        long heard = Interlocked.Read(ref _heardAt);
        TimeSpan left = heard == NeverAsked ? patience : patience - time.GetElapsedTime(heard);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
