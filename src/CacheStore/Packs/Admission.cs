namespace Waystation.CacheStore.Packs;

/// <summary>
/// Remembers which answers were asked for lately, so that those not worth keeping at once are kept when asked a second
/// time. Bounded: the oldest half is forgotten when it is full or old.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">Keys remembered in each of the two halves.</param>
public sealed class Admission(TimeProvider time, int capacity = 65_536)
{
    /// <summary>A second request within this time makes an answer worth keeping.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private Dictionary<PackKey, int> _young = [];
    private Dictionary<PackKey, int> _old = [];
    private long _turned = time.GetTimestamp();

    /// <summary>Notes a request for this answer.</summary>
    public void Ask(PackKey key)
    {
        lock (_gate)
        {
            if (_young.Count >= capacity || time.GetElapsedTime(_turned) > s_memory)
            {
                (_old, _young) = (_young, []);
                _turned = time.GetTimestamp();
            }

            _young[key] = _young.GetValueOrDefault(key, _old.GetValueOrDefault(key)) + 1;
        }
    }

    /// <summary>Whether this answer was asked for more than once.</summary>
    public bool WasAskedAgain(PackKey key)
    {
        lock (_gate)
        {
            return _young.GetValueOrDefault(key, _old.GetValueOrDefault(key)) > 1;
        }
    }
}
