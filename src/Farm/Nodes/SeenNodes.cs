namespace Waystation.Farm.Nodes;

/// <summary>
/// The other nodes as they showed themselves. A node lives as long as its entry changes. Time is this node's own, so clocks that differ,
/// and an old entry that somebody writes again, keep no node alive.
/// </summary>
internal sealed class SeenNodes(TimeProvider time, TimeSpan lifetime)
{
    private static readonly TimeSpan s_remembered = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Seen> _seen = new(StringComparer.Ordinal);
    private long? _emptiedAt;

    /// <summary>Takes the entries that are in Redis now.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="wasEmptied">Whether Redis has lost its entries since the last time. Then a missing one says nothing, and for a node's
    /// lifetime the others may register again.</param>
    public void Take(IEnumerable<NodeEntry> entries, bool wasEmptied)
    {
        lock (_gate)
        {
            if (wasEmptied)
            {
                _emptiedAt = time.GetTimestamp();
            }

            if (_emptiedAt is not { } emptied || time.GetElapsedTime(emptied) >= lifetime)
            {
                foreach (Seen one in _seen.Values)
                {
                    one.IsThere = false;
                }
            }

            foreach (NodeEntry entry in entries)
            {
                if (!_seen.TryGetValue(entry.Name, out Seen? seen))
                {
                    _seen[entry.Name] = seen = new Seen(entry, time.GetTimestamp());
                }
                else if (seen.Entry.Incarnation != entry.Incarnation || seen.Entry.Beat < entry.Beat)
                {
                    (seen.Entry, seen.ChangedAt) = (entry, time.GetTimestamp());
                }

                seen.IsThere = true;
            }

            foreach (
                string old in _seen
                    .Where(one => time.GetElapsedTime(one.Value.ChangedAt) > s_remembered)
                    .Select(static one => one.Key)
                    .ToList()
            )
            {
                _seen.Remove(old);
            }
        }
    }

    /// <summary>All that are remembered, with the time since each showed itself, and whether it lives.</summary>
    public IReadOnlyList<(NodeEntry Entry, TimeSpan Ago, bool IsAlive)> All()
    {
        lock (_gate)
        {
            return
            [
                .. _seen.Values.Select(one =>
                {
                    TimeSpan ago = time.GetElapsedTime(one.ChangedAt);
                    return (one.Entry, ago, one.IsThere && ago < lifetime);
                }),
            ];
        }
    }

    private sealed class Seen(NodeEntry entry, long changedAt)
    {
        public NodeEntry Entry { get; set; } = entry;

        public long ChangedAt { get; set; } = changedAt;

        public bool IsThere { get; set; }
    }
}
