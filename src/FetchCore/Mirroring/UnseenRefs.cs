using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// The refs of one mirror that listings lately did not show, and since when. It knows only refs that the mirror has: a ref that was removed
/// and comes back is a new one.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="memory">How long a ref stays after its last listing.</param>
internal sealed class UnseenRefs(TimeProvider time, TimeSpan memory)
{
    private readonly Lock _gate = new();
    private Dictionary<string, long> _since = [];

    /// <summary>The number of refs that it remembers.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _since.Count;
            }
        }
    }

    /// <summary>Takes note of a listing.</summary>
    /// <param name="refs">The refs of the mirror.</param>
    /// <param name="view">The listing.</param>
    /// <returns>The refs that this listing would show and does not, and that no listing has shown for long enough.</returns>
    public List<string> See(MirrorRefs refs, AccessView view)
    {
        HashSet<string> shown = new(view.PeeledTips().Select(static tip => tip.Name), StringComparer.Ordinal);
        List<string> forgotten = [];
        lock (_gate)
        {
            Dictionary<string, long> still = new(StringComparer.Ordinal);
            foreach (RefTip tip in refs.Tips.Where(tip => !shown.Contains(tip.Name)))
            {
                bool isKnown = _since.TryGetValue(tip.Name, out long since);
                if (isKnown || view.Covers(tip.Name))
                {
                    still.Add(tip.Name, isKnown ? since : time.GetTimestamp());
                }

                if (isKnown && view.Covers(tip.Name) && time.GetElapsedTime(since) >= memory)
                {
                    forgotten.Add(tip.Name);
                }
            }

            _since = still;
        }

        return forgotten;
    }
}
