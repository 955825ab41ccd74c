using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Objects;

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
    private Dictionary<string, long> _since = new(StringComparer.Ordinal);

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
    /// <param name="showsAll">Whether no ref is remembered now.</param>
    /// <returns>The refs that this listing would show and does not, and that no listing has shown for long enough.</returns>
    public List<string> See(MirrorRefs refs, AccessView view, out bool showsAll)
    {
        List<string> forgotten = [];
        Span<char> characters = stackalloc char[RefName.MaxLength];
        lock (_gate)
        {
            Dictionary<string, long> still = new(StringComparer.Ordinal);
            Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> known = _since.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var both = new RefComparison(refs.Tips, view, peeledOnly: true); both.MoveNext(); )
            {
                if (both.IsTheirs)
                {
                    continue;
                }

                ReadOnlySpan<char> name = RefName.ToCharacters(both.Ours.Name, characters);
                bool isKnown = known.TryGetValue(name, out string? text, out long since),
                    isCovered = view.Covers(name);
                if (isKnown || isCovered)
                {
                    still.Add(text ??= name.ToString(), isKnown ? since : time.GetTimestamp());
                }

                if (isKnown && isCovered && time.GetElapsedTime(since) >= memory)
                {
                    forgotten.Add(text!);
                }
            }

            _since = still;
            showsAll = still.Count == 0;
        }

        return forgotten;
    }
}
