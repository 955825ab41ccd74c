using System.Diagnostics.CodeAnalysis;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// The packs on disk and the worth of each, by Greedy-Dual-Size-Frequency (Cherkasova 1998). The worth is the cost of making the pack
/// again, in milliseconds per byte, times the number of uses, plus the worth of the last evicted pack, which makes unused packs grow old.
/// </summary>
internal sealed class PackIndex
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PackKey, Entry> _entries = [];
    private readonly SortedSet<Entry> _byWorth = new(
        Comparer<Entry>.Create(static (a, b) => a.Worth != b.Worth ? a.Worth.CompareTo(b.Worth) : a.Number.CompareTo(b.Number))
    );

    private double _age;
    private long _number;
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The path and the length of every pack.</summary>
    public IReadOnlyList<(PackKey Key, string Path, long Length)> All()
    {
        lock (_gate)
        {
            return [.. _entries.Values.Select(static entry => (entry.Key, entry.Path, entry.Length))];
        }
    }

    public bool Contains(PackKey key)
    {
        lock (_gate)
        {
            return _entries.ContainsKey(key);
        }
    }

    public void Add(PackKey key, string path, long length, TimeSpan cost)
    {
        lock (_gate)
        {
            Remove(key);
            var entry = new Entry(key, path, length, cost, ++_number) { Uses = 1 };
            Place(entry);
            _entries.Add(key, entry);
            Interlocked.Add(ref _bytes, length);
        }
    }

    /// <summary>Finds a pack and counts the use.</summary>
    public Entry? Use(PackKey key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                return null;
            }

            _byWorth.Remove(entry);
            entry.Uses++;
            Place(entry);
            return entry;
        }
    }

    public bool TryRemove(PackKey key)
    {
        lock (_gate)
        {
            return Remove(key) is not null;
        }
    }

    public bool TryRemoveLeastWorth([NotNullWhen(true)] out string? path, out long length)
    {
        lock (_gate)
        {
            Entry? least = _byWorth.Min;
            if (least is null)
            {
                (path, length) = (null, 0);
                return false;
            }

            (path, length) = (least.Path, least.Length);
            _age = least.Worth;
            Remove(least.Key);
            return true;
        }
    }

    private Entry? Remove(PackKey key)
    {
        if (_entries.Remove(key, out Entry? entry))
        {
            _byWorth.Remove(entry);
            Interlocked.Add(ref _bytes, -entry.Length);
        }

        return entry;
    }

    private void Place(Entry entry)
    {
        entry.Worth = _age + (entry.Uses * (1 + entry.Cost.TotalMilliseconds) / Math.Max(1, entry.Length));
        _byWorth.Add(entry);
    }

    /// <summary>One pack on disk.</summary>
    internal sealed class Entry(PackKey key, string path, long length, TimeSpan cost, long number)
    {
        private readonly WeakReference<PackRecord?> _record = new(null);

        public PackKey Key => key;

        public string Path => path;

        public long Length => length;

        public TimeSpan Cost => cost;

        public long Number => number;

        public long Uses { get; set; }

        public double Worth { get; set; }

        /// <summary>Its record, while a reader uses it, so that the checksums of a long pack are in memory once and not once for each
        /// reader.</summary>
        public PackRecord? RecordInUse
        {
            get => _record.TryGetTarget(out PackRecord? record) ? record : null;
            set => _record.SetTarget(value);
        }
    }
}
