using System.Diagnostics.CodeAnalysis;

namespace Waystation.CacheStore.Flights;

/// <summary>
/// A bounded map whose entries expire. A stranger can make as many entries as they like, so an entry that was set once makes room, and one
/// that was set again does not:
/// <code>
///   set ──► newcomer ──► set again after a second ──► established
///              └─► removed when there is no room           └─► removed when its time is over
/// </code>
/// Established entries take three quarters of the room at most, so a newcomer always finds room. The group with the most newcomers makes
/// room, its oldest newcomer first. Safe for several threads.
/// </summary>
/// <typeparam name="TKey">The key of an entry.</typeparam>
/// <typeparam name="TValue">The value of an entry.</typeparam>
public sealed class RecentMap<TKey, TValue>
    where TKey : notnull
{
    /// <summary>One clone is several requests, all within a moment.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly Dictionary<object, Group> _groups = [];

    /// <summary>Oldest change first.</summary>
    private readonly LinkedList<Entry> _ages = new();

    private readonly int _max;
    private readonly int _maxEstablished;
    private readonly TimeSpan _keepFor;
    private readonly TimeProvider _time;
    private readonly Func<TKey, object> _groupOf;
    private readonly Action<TKey, TValue> _whenPushedOut;
    private int _established;

    /// <summary>An empty map.</summary>
    /// <param name="max">The most entries.</param>
    /// <param name="keepFor">How long an entry is kept after it was last set.</param>
    /// <param name="time">Its timestamps are monotonic: a jump of the wall clock changes nothing.</param>
    /// <param name="groupOf">Names the group of an entry; by default all entries are one group.</param>
    /// <param name="whenPushedOut">Called for each entry that makes room for another, under the map's lock.</param>
    public RecentMap(
        int max,
        TimeSpan keepFor,
        TimeProvider time,
        Func<TKey, object>? groupOf = null,
        Action<TKey, TValue>? whenPushedOut = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        ArgumentNullException.ThrowIfNull(time);
        _max = max;
        _maxEstablished = max * 3 / 4;
        _keepFor = keepFor;
        _time = time;
        _groupOf = groupOf ?? (static _ => string.Empty);
        _whenPushedOut = whenPushedOut ?? (static (_, _) => { });
    }

    /// <summary>The number of entries, with expired ones that no call has removed yet.</summary>
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

    /// <summary>Whether there is an entry.</summary>
    public bool Contains(TKey key) => TryGet(key, out _);

    /// <summary>Looks an entry up; that does not prolong its time.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out Entry? entry) && !IsOver(entry, _time.GetTimestamp()))
            {
                value = entry.Value;
                return true;
            }

            value = default;
            return false;
        }
    }

    /// <summary>Sets an entry and restarts its time.</summary>
    public void Set(TKey key, TValue value) => Update(key, _ => value);

    /// <summary>Adds or changes an entry in one step and restarts its time.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="change">Makes the new value from the old one, or from nothing. Runs under the map's lock.</param>
    /// <returns>The new value.</returns>
    public TValue Update(TKey key, Func<TValue?, TValue> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            while (_ages.First is { } oldest && IsOver(oldest.Value, now))
            {
                Remove(oldest.Value);
            }

            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                TValue value = change(default);
                MakeRoom();
                Add(key, value, now);
                return value;
            }

            entry.Value = change(entry.Value);
            entry.ChangedAt = now;
            _ages.Remove(entry.Age);
            _ages.AddLast(entry.Age);
            bool establishes =
                !entry.IsEstablished && _established < _maxEstablished && _time.GetElapsedTime(entry.FirstAt, now) >= s_again;
            Leave(entry);
            entry.IsEstablished |= establishes;
            Enter(entry);
            return entry.Value;
        }
    }

    /// <summary>Removes an entry; false if there is none.</summary>
    public bool Remove(TKey key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                return false;
            }

            bool counts = !IsOver(entry, _time.GetTimestamp());
            Remove(entry);
            return counts;
        }
    }

    /// <summary>Forgets all entries whose key is picked; it looks at every entry.</summary>
    public void RemoveWhere(Func<TKey, bool> which)
    {
        ArgumentNullException.ThrowIfNull(which);
        lock (_gate)
        {
            // Dictionary allows it while it is walked.
            foreach (Entry entry in _entries.Values.Where(entry => which(entry.Key)))
            {
                Remove(entry);
            }
        }
    }

    private bool IsOver(Entry entry, long now) => _time.GetElapsedTime(entry.ChangedAt, now) >= _keepFor;

    private void Add(TKey key, TValue value, long now)
    {
        object name = _groupOf(key);
        if (!_groups.TryGetValue(name, out Group? group))
        {
            _groups.Add(name, group = new Group(name));
        }

        var entry = new Entry(key, group, now) { Value = value, ChangedAt = now };
        _entries.Add(key, entry);
        _ages.AddLast(entry.Age);
        Enter(entry);
    }

    private void Enter(Entry entry)
    {
        if (entry.IsEstablished)
        {
            _established++;
            entry.Group.Established++;
        }
        else
        {
            entry.Group.Newcomers.AddLast(entry.Newcomer);
        }
    }

    private void Leave(Entry entry)
    {
        if (entry.IsEstablished)
        {
            _established--;
            entry.Group.Established--;
        }
        else
        {
            entry.Group.Newcomers.Remove(entry.Newcomer);
        }
    }

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Key);
        _ages.Remove(entry.Age);
        Leave(entry);
        if (entry.Group.IsEmpty)
        {
            _groups.Remove(entry.Group.Name);
        }
    }

    /// <summary>One group gives up an eighth of its newcomers at once, so that the search for that group stays cheap.</summary>
    private void MakeRoom()
    {
        if (_entries.Count < _max)
        {
            return;
        }

        Group group = _groups.Values.MaxBy(static group => group.Newcomers.Count)!;
        for (int left = _groups.Count == 1 ? 1 : Math.Max(1, group.Newcomers.Count / 8); left > 0; left--)
        {
            Entry entry = group.Newcomers.First!.Value;
            Remove(entry);
            _whenPushedOut(entry.Key, entry.Value);
        }
    }

    private sealed class Group(object name)
    {
        public object Name => name;

        /// <summary>Oldest change first.</summary>
        public LinkedList<Entry> Newcomers { get; } = new();

        public int Established { get; set; }

        public bool IsEmpty => Newcomers.Count + Established == 0;
    }

    private sealed class Entry
    {
        public Entry(TKey key, Group group, long firstAt)
        {
            Key = key;
            Group = group;
            FirstAt = firstAt;
            Age = new LinkedListNode<Entry>(this);
            Newcomer = new LinkedListNode<Entry>(this);
        }

        public TKey Key { get; }

        public Group Group { get; }

        public long FirstAt { get; }

        public long ChangedAt { get; set; }

        public required TValue Value { get; set; }

        public bool IsEstablished { get; set; }

        /// <summary>Its place among all entries, by age.</summary>
        public LinkedListNode<Entry> Age { get; }

        /// <summary>Its place among the newcomers of its group.</summary>
        public LinkedListNode<Entry> Newcomer { get; }
    }
}
