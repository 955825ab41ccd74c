namespace Waystation.FetchCore.Observing;

/// <summary>
/// Adds up the time of one phase. A phase may begin again; the time of one that still lasts counts up to now, so that a client that leaves
/// while it waits is seen to have waited. The pack is made on another thread than the client's, so a lock guards it.
/// </summary>
internal sealed class PhaseTimer(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TimeSpan _ended;
    private long _since;
    private int _open;

    /// <summary>The time until now.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_gate)
            {
                return _open > 0 ? _ended + time.GetElapsedTime(_since) : _ended;
            }
        }
    }

    /// <summary>Whether the phase lasts now.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _open > 0;
            }
        }
    }

    public void Begin()
    {
        lock (_gate)
        {
            if (_open++ == 0)
            {
                _since = time.GetTimestamp();
            }
        }
    }

    public void End()
    {
        lock (_gate)
        {
            if (--_open == 0)
            {
                _ended += time.GetElapsedTime(_since);
            }
        }
    }
}
