using System.Diagnostics.CodeAnalysis;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// The files of a store and the worth of each, by Greedy-Dual-Size-Frequency (Cherkasova 1998). The worth is the cost of getting the file
/// again, in milliseconds per byte, times the number of uses, plus the <see cref="WorthAge"/> at the last use.
/// <para>
/// A file that a stranger brought in belongs to the strangers until a known client uses it. What strangers do changes the worth of no
/// other file: files of known clients come, stay and go as if there were no strangers.
/// </para>
/// </summary>
internal sealed class WorthIndex<TKey, TItem>(Worths worths)
    where TKey : notnull
    where TItem : class
{
    private static readonly Comparer<Entry> s_byWorth = Comparer<Entry>.Create(
        static (a, b) => a.Worth != b.Worth ? a.Worth.CompareTo(b.Worth) : a.Number.CompareTo(b.Number)
    );

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly SortedSet<Entry> _ofKnown = new(s_byWorth);
    private readonly SortedSet<Entry> _ofStrangers = new(s_byWorth);

    /// <summary>Files of known clients, the longest unused first.</summary>
    private readonly LinkedList<Entry> _byUse = new();

    private long _number;
    private long _bytes;
    private long _bytesOfStrangers;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Bytes of the files that strangers brought in and no known client has used.</summary>
    public long BytesOfStrangers => Interlocked.Read(ref _bytesOfStrangers);

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

    /// <summary>The least worth among some files; null if there are none.</summary>
    public double? LeastWorth(Evictable among)
    {
        lock (_gate)
        {
            return Least(among)?.Worth;
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

    /// <summary>Bytes of an item; null if there is none.</summary>
    public long? LengthOf(TKey key)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(key)?.Length;
        }
    }

    /// <summary>Whether the item belongs to the strangers.</summary>
    public bool IsOfStrangers(TKey key)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out Entry? entry) && entry.IsOfStrangers;
        }
    }

    public void Add(TKey key, TItem item, long length, TimeSpan cost, bool isOfStranger = false)
    {
        lock (_gate)
        {
            Remove(key);
            var entry = new Entry(key, item, length, cost) { Uses = 1, IsOfStrangers = isOfStranger };
            Enter(entry);
            _entries.Add(key, entry);
            Interlocked.Add(ref _bytes, length);
        }
    }

    /// <summary>Finds an item and counts the use; null if there is none.</summary>
    public TItem? Use(TKey key) => Use(key, isStranger: false, out _);

    /// <summary>Finds an item and counts the use; null if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isStranger">Whether a stranger uses it.</param>
    /// <param name="hasLeftStrangers">Whether it belonged to the strangers and, by this use, does so no more.</param>
    public TItem? Use(TKey key, bool isStranger, out bool hasLeftStrangers)
    {
        hasLeftStrangers = false;
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                return null;
            }

            if (isStranger && !entry.IsOfStrangers)
            {
                Touch(entry);
                return entry.Item;
            }

            Leave(entry);
            hasLeftStrangers = entry.IsOfStrangers && !isStranger;
            entry.Uses = hasLeftStrangers ? 1 : entry.Uses + 1;
            entry.IsOfStrangers = isStranger;
            Enter(entry);
            return entry.Item;
        }
    }

    public bool TryRemove(TKey key) => TryRemove(key, out _);

    public bool TryRemove(TKey key, [NotNullWhen(true)] out TItem? item) => TryRemove(key, out item, out _);

    public bool TryRemove(TKey key, [NotNullWhen(true)] out TItem? item, out long length)
    {
        lock (_gate)
        {
            Entry? entry = Remove(key);
            (item, length) = (entry?.Item, entry?.Length ?? 0);
            return item is not null;
        }
    }

    /// <summary>Removes the item of the least worth among some, to be evicted.</summary>
    public bool TryRemoveLeastWorth(Evictable among, [NotNullWhen(true)] out TItem? item, out long length)
    {
        lock (_gate)
        {
            Entry? least = Least(among);
            if (least is null)
            {
                (item, length) = (null, 0);
                return false;
            }

            (item, length) = (least.Item, least.Length);
            worths.Of(least.IsOfStrangers).Raise(least.Worth);
            Remove(least.Key);
            return true;
        }
    }

    private Entry? Least(Evictable among) =>
        among switch
        {
            Evictable.OfStrangers => _ofStrangers.Min,
            Evictable.OfKnown => _ofKnown.Min,
            _ => _byUse.First?.Value is { } oldest && worths.Time.GetElapsedTime(oldest.UsedAt) >= Worths.Unused ? oldest : null,
        };

    private Entry? Remove(TKey key)
    {
        if (_entries.Remove(key, out Entry? entry))
        {
            Leave(entry);
            Interlocked.Add(ref _bytes, -entry.Length);
        }

        return entry;
    }

    private void Enter(Entry entry)
    {
        entry.Number = ++_number;
        entry.Worth = worths.Of(entry.IsOfStrangers).Value + (entry.Uses * (1 + entry.Cost.TotalMilliseconds) / Math.Max(1, entry.Length));
        if (entry.IsOfStrangers)
        {
            _ofStrangers.Add(entry);
            Interlocked.Add(ref _bytesOfStrangers, entry.Length);
        }
        else
        {
            _ofKnown.Add(entry);
            entry.UsedAt = worths.Time.GetTimestamp();
            _byUse.AddLast(entry.Use);
        }
    }

    private void Leave(Entry entry)
    {
        if (entry.IsOfStrangers)
        {
            _ofStrangers.Remove(entry);
            Interlocked.Add(ref _bytesOfStrangers, -entry.Length);
        }
        else
        {
            _ofKnown.Remove(entry);
            _byUse.Remove(entry.Use);
        }
    }

    /// <summary>A stranger has used a file of known clients: it is not unused, and worth no more.</summary>
    private void Touch(Entry entry)
    {
        entry.UsedAt = worths.Time.GetTimestamp();
        _byUse.Remove(entry.Use);
        _byUse.AddLast(entry.Use);
    }

    private sealed class Entry
    {
        public Entry(TKey key, TItem item, long length, TimeSpan cost)
        {
            (Key, Item, Length, Cost) = (key, item, length, cost);
            Use = new LinkedListNode<Entry>(this);
        }

        public TKey Key { get; }

        public TItem Item { get; }

        public long Length { get; }

        public TimeSpan Cost { get; }

        public bool IsOfStrangers { get; set; }

        /// <summary>Among equals in worth, the one that was used longest ago goes first.</summary>
        public long Number { get; set; }

        public long Uses { get; set; }

        public double Worth { get; set; }

        public long UsedAt { get; set; }

        /// <summary>Its place among the files of known clients, by their last use.</summary>
        public LinkedListNode<Entry> Use { get; }
    }
}
