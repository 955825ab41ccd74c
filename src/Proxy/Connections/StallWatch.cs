namespace Waystation.Proxy.Connections;

/// <summary>Decides when a client has taken nothing for too long of what it is owed.</summary>
/// <param name="limit">What is too long.</param>
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
