namespace Waystation.Farm.Peers;

/// <summary>
/// Remembers the sessions of requests for as long as a hello is taken. If more requests come than it can remember, it refuses new ones
/// rather than forget old ones.
/// </summary>
internal sealed class ReplayGuard(TimeProvider time)
{
    private const int Most = 1 << 18;

    /// <summary>Twice the skew: a clock may be ahead when the request is made and the time checked by one that is behind.</summary>
    private static readonly TimeSpan s_memory = 2 * PeerHello.MaxSkew;

    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _seen = [];
    private readonly Queue<(UInt128 Session, long At)> _order = new();

    /// <summary>Whether the session is new.</summary>
    public bool TryTake(ReadOnlySpan<byte> session)
    {
        var key = new UInt128(BitConverter.ToUInt64(session), BitConverter.ToUInt64(session[8..]));
        lock (_gate)
        {
            while (_order.TryPeek(out (UInt128 Session, long At) oldest) && time.GetElapsedTime(oldest.At) > s_memory)
            {
                _seen.Remove(_order.Dequeue().Session);
            }

            if (_order.Count >= Most || !_seen.Add(key))
            {
                return false;
            }

            _order.Enqueue((key, time.GetTimestamp()));
            return true;
        }
    }
}
