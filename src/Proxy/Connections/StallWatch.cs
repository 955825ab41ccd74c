namespace Waystation.Proxy.Connections;

/// <summary>Decides when a client has taken nothing of its response for too long.</summary>
/// <param name="limit">The longest time without progress.</param>
/// <param name="time">The clock.</param>
internal sealed class StallWatch(TimeSpan limit, TimeProvider time)
{
    private ulong _acknowledged;
    private long _since = time.GetTimestamp();

    /// <summary>Whether the client has stalled by now.</summary>
    public bool IsStalled(SendProgress progress)
    {
        if (!progress.IsOwed || progress.Acknowledged != _acknowledged)
        {
            _acknowledged = progress.Acknowledged;
            _since = time.GetTimestamp();
            return false;
        }

        return time.GetElapsedTime(_since) >= limit;
    }
}
