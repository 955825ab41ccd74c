using System.Diagnostics;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// One direction of a line, shared by all connections: bytes leave one after the other at the line's rate, and arrive after its delay.
/// <code>
///   sender ─► queue, at most 256 KiB ─► the line: so many bytes a second ─► delay ─► receiver
/// </code>
/// It holds no bytes. The time when the line will be free is known in advance, so a late waiter delays no other.
/// </summary>
/// <param name="clock">Wakes the waiters.</param>
/// <param name="delay">From one end to the other.</param>
/// <param name="bytesPerSecond">The rate.</param>
internal sealed class LinkDirection(LinkClock clock, TimeSpan delay, long bytesPerSecond)
{
    /// <summary>The queue of a router of such a line: 0.1 s of 20 Mbit/s. A sender of more bytes waits.</summary>
    private const int QueueLength = 256 * 1024;

    private readonly Lock _gate = new();
    private long _free = Stopwatch.GetTimestamp();

    /// <summary>Chunks that can be on their way at once, when each has this length.</summary>
    public int ChunksUnderWay(int chunkLength) => (int)((QueueLength + (delay.TotalSeconds * bytesPerSecond)) / chunkLength) + 2;

    /// <summary>Waits until the queue takes more.</summary>
    public ValueTask WaitForRoomAsync()
    {
        lock (_gate)
        {
            return clock.UntilAsync(_free - TimeFor(QueueLength));
        }
    }

    /// <summary>Puts so many bytes into the queue; returns the timestamp at which the last of them arrives.</summary>
    public long Send(int length)
    {
        lock (_gate)
        {
            _free = Math.Max(_free, Stopwatch.GetTimestamp()) + TimeFor(length);
            return _free + (long)(delay.TotalSeconds * Stopwatch.Frequency);
        }
    }

    private long TimeFor(int length) => length * Stopwatch.Frequency / bytesPerSecond;
}
