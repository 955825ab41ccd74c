namespace Waystation.Proxy.Limits;

/// <summary>
/// A bucket of tokens for each key: a request takes one, and a minute brings as many as a full bucket has. The number of buckets is
/// bounded, because strangers choose the keys; the bucket that was used least lately is forgotten, so its key begins with a full one. The
/// rate limiters of .NET have no such bound, and no clock that a test can turn.
/// </summary>
/// <typeparam name="TKey">Whose bucket it is.</typeparam>
/// <param name="perMinute">The size of a bucket; 0 is no limit.</param>
/// <param name="maxKeys">The number of buckets.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenBuckets<TKey>(int perMinute, int maxKeys, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, LinkedListNode<Bucket>> _byKey = [];
    private readonly LinkedList<Bucket> _byUse = new();

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _byKey.Count;
            }
        }
    }

    public bool HasLimit => perMinute > 0;

    /// <summary>Takes a token.</summary>
    /// <returns>Null if there was one; else the time until there is one again.</returns>
    public TimeSpan? Take(TKey key)
    {
        if (!HasLimit)
        {
            return null;
        }

        double perSecond = perMinute / 60.0;
        lock (_lock)
        {
            long now = time.GetTimestamp();
            Bucket bucket = Use(key, now);
            bucket.Tokens = Math.Min(perMinute, bucket.Tokens + (time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
            bucket.At = now;
            if (bucket.Tokens < 1)
            {
                return TimeSpan.FromSeconds((1 - bucket.Tokens) / perSecond);
            }

            bucket.Tokens--;
            return null;
        }
    }

    private Bucket Use(TKey key, long now)
    {
        if (_byKey.TryGetValue(key, out LinkedListNode<Bucket>? known))
        {
            _byUse.Remove(known);
            _byUse.AddLast(known);
            return known.Value;
        }

        if (_byKey.Count >= maxKeys && _byUse.First is { } oldest)
        {
            _byUse.RemoveFirst();
            _byKey.Remove(oldest.Value.Key);
        }

        var bucket = new Bucket(key) { Tokens = perMinute, At = now };
        _byKey[key] = _byUse.AddLast(bucket);
        return bucket;
    }

    private sealed class Bucket(TKey key)
    {
        public TKey Key { get; } = key;

        public double Tokens { get; set; }

        public long At { get; set; }
    }
}
