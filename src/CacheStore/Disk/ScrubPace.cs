namespace Waystation.CacheStore.Disk;

/// <summary>
/// Makes room for clients while files are read whole. After a few milliseconds of reading it rests three times as long, so scrubbing takes
/// a quarter of one core and of the disk's time at most. Where clients keep the machine busy, a piece takes longer, and so does the rest.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class ScrubPace(TimeProvider time)
{
    private const int RestForWork = 3;

    /// <summary>The work between two rests: short beside a request, long beside the tick of a timer.</summary>
    private static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(5);

    private long _begun = time.GetTimestamp();

    /// <summary>Work begins now; the time before was no work.</summary>
    public void Begin() => _begun = time.GetTimestamp();

    /// <summary>Call it after each block, with nothing held that others wait for.</summary>
    /// <param name="stopping">Ends the rest.</param>
    public ValueTask RestAsync(CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        TimeSpan worked = time.GetElapsedTime(_begun);
        return worked < s_work ? ValueTask.CompletedTask : new ValueTask(RestAsync(worked * RestForWork, stopping));
    }

    private async Task RestAsync(TimeSpan rest, CancellationToken stopping)
    {
        await Task.Delay(rest, time, stopping);
        Begin();
    }
}
