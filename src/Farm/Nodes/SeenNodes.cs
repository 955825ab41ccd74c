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

    /// <summary>Takes the entries that are in Redis now.</summary>
    public void Take(IEnumerable<NodeEntry> entries)
    {
        lock (_gate)
        {
            foreach (Seen one in _seen.Values)
            {
                one.IsThere = false;
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
