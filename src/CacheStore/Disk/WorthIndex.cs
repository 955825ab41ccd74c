using System.Diagnostics.CodeAnalysis;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// The files of a store and the worth of each, by Greedy-Dual-Size-Frequency (Cherkasova 1998). The worth is the cost of getting the file
/// again, in milliseconds per byte, times the number of uses, plus the <see cref="WorthAge"/> at the last use.
/// </summary>
internal sealed class WorthIndex<TKey, TItem>(WorthAge age)
    where TKey : notnull
    where TItem : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly SortedSet<Entry> _byWorth = new(
        Comparer<Entry>.Create(static (a, b) => a.Worth != b.Worth ? a.Worth.CompareTo(b.Worth) : a.Number.CompareTo(b.Number))
    );

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

    /// <summary>The least worth of all; null if there is nothing.</summary>
    public double? LeastWorth
    {
        get
        {
            lock (_gate)
            {
                return _byWorth.Min?.Worth;
            }
        }
    }

    /// <summary>Every key, item and length.</summary>
    public IReadOnlyList<(TKey Key, TItem Item, long Length)> All()
    {
        lock (_gate)
        {
            return [.. _entries.Values.Select(static entry => (entry.Key, entry.Item, entry.Length))];
        }
    }

    public bool Contains(TKey key) => Find(key) is not null;

    /// <summary>Finds an item without a use; null if there is none.</summary>
    public TItem? Find(TKey key)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(key)?.Item;
        }
    }

    public void Add(TKey key, TItem item, long length, TimeSpan cost)
    {
        lock (_gate)
        {
            Remove(key);
            var entry = new Entry(key, item, length, cost) { Uses = 1 };
            Place(entry);
            _entries.Add(key, entry);
            Interlocked.Add(ref _bytes, length);
        }
    }

    /// <summary>Finds an item and counts the use; null if there is none.</summary>
    public TItem? Use(TKey key)
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
            return entry.Item;
        }
    }

    public bool TryRemove(TKey key) => TryRemove(key, out _);

    public bool TryRemove(TKey key, [NotNullWhen(true)] out TItem? item)
    {
        lock (_gate)
        {
            item = Remove(key)?.Item;
            return item is not null;
        }
    }

    /// <summary>Removes the item of the least worth, to be evicted.</summary>
    public bool TryRemoveLeastWorth([NotNullWhen(true)] out TItem? item, out long length)
    {
        lock (_gate)
        {
            Entry? least = _byWorth.Min;
            if (least is null)
            {
                (item, length) = (null, 0);
                return false;
            }

            (item, length) = (least.Item, least.Length);
            age.Raise(least.Worth);
            Remove(least.Key);
            return true;
        }
    }

    private Entry? Remove(TKey key)
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
        entry.Number = ++_number;
        entry.Worth = age.Value + (entry.Uses * (1 + entry.Cost.TotalMilliseconds) / Math.Max(1, entry.Length));
        _byWorth.Add(entry);
    }

    private sealed class Entry(TKey key, TItem item, long length, TimeSpan cost)
    {
        public TKey Key => key;

        public TItem Item => item;

        public long Length => length;

        public TimeSpan Cost => cost;

        /// <summary>Among equals in worth, the one that was used longest ago goes first.</summary>
        public long Number { get; set; }

        public long Uses { get; set; }

        public double Worth { get; set; }
    }
}
