using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// The kept packs and their worth. A composed pack needs the files of others:
/// <code>
///   base ◄── pack ◄── pack        a use of the last one is a use of all three
/// </code>
/// A pack that goes takes along the packs that need it, so no pack is ever without its files.
/// </summary>
internal sealed class KeptPacks(Worths worths)
{
    private readonly WorthIndex<PackKey, KeptPack> _index = new(worths);

    /// <summary>Guards what comes and goes, so that a pack comes only while the packs that it needs are there.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<PackKey, List<KeptPack>> _needing = [];
    private readonly Dictionary<PackKey, List<KeptPack>> _byShape = [];

    public int Count => _index.Count;

    public long Bytes => _index.Bytes;

    public long BytesOfStrangers => _index.BytesOfStrangers;

    public double? LeastWorth(Evictable among) => _index.LeastWorth(among);

    public IReadOnlyList<(PackKey Key, KeptPack Item, long Length)> All() => _index.All();

    public bool Contains(PackKey key) => _index.Contains(key);

    /// <summary>Finds a pack without a use; null if there is none.</summary>
    public KeptPack? Find(PackKey key) => _index.Find(key);

    /// <summary>Bytes of its own files; null if it is not there.</summary>
    public long? LengthOf(PackKey key) => _index.LengthOf(key);

    /// <summary>The packs of this shape, the newest first.</summary>
    public IReadOnlyList<KeptPack> OfShape(PackKey shape)
    {
        lock (_gate)
        {
            return _byShape.TryGetValue(shape, out List<KeptPack>? packs)
                ? [.. packs.AsEnumerable().Reverse().OrderByDescending(static pack => pack.MadeAt)]
                : [];
        }
    }

    /// <summary>Adds a pack; false if one that it needs is not there.</summary>
    public bool TryAdd(KeptPack pack, long length, TimeSpan cost, bool isOfStrangers)
    {
        lock (_gate)
        {
            if (!pack.Needs.All(_index.Contains))
            {
                return false;
            }

            if (_index.TryRemove(pack.Key, out KeptPack? old))
            {
                WithNeeding(old, 0);
            }

            _index.Add(pack.Key, pack, length, cost, isOfStrangers);
            foreach (PackKey needed in pack.Needs)
            {
                Enter(_needing, needed, pack);
            }

            if (pack.Shape is { } shape)
            {
                Enter(_byShape, shape, pack);
            }

            return true;
        }
    }

    /// <summary>Finds a pack and counts the use, of the packs that it needs as well; null if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isStranger">Whether a stranger uses it.</param>
    /// <param name="hasLeftStrangers">Those that belonged to the strangers and, by this use, do so no more.</param>
    public KeptPack? Use(PackKey key, bool isStranger, out IReadOnlyList<KeptPack> hasLeftStrangers)
    {
        List<KeptPack> left = [];
        KeptPack? pack = UseOne(key);
        foreach (PackKey needed in pack?.Needs ?? [])
        {
            UseOne(needed);
        }

        hasLeftStrangers = left;
        return pack;

        KeptPack? UseOne(PackKey one)
        {
            KeptPack? used = _index.Use(one, isStranger, out bool hasLeft);
            if (used is not null && hasLeft)
            {
                left.Add(used);
            }

            return used;
        }
    }

    /// <summary>Removes a pack and those that need it: the packs, and bytes of each. Empty if there is none.</summary>
    public IReadOnlyList<(KeptPack Pack, long Length)> Remove(PackKey key)
    {
        lock (_gate)
        {
            return _index.TryRemove(key, out KeptPack? pack, out long length) ? WithNeeding(pack, length) : [];
        }
    }

    /// <summary>Removes the pack of the least worth among some, to be evicted, and those that need it.</summary>
    public IReadOnlyList<(KeptPack Pack, long Length)> RemoveLeastWorth(Evictable among)
    {
        lock (_gate)
        {
            return _index.TryRemoveLeastWorth(among, out KeptPack? pack, out long length) ? WithNeeding(pack, length) : [];
        }
    }

    /// <summary>The caller has the lock, and the pack is not in the index any more.</summary>
    private List<(KeptPack Pack, long Length)> WithNeeding(KeptPack first, long firstLength)
    {
        List<(KeptPack Pack, long Length)> gone = [(first, firstLength)];
        // A pack names all packs that it needs, also those that they need.
        foreach (KeptPack pack in _needing.TryGetValue(first.Key, out List<KeptPack>? needing) ? needing.ToList() : [])
        {
            if (_index.TryRemove(pack.Key, out _, out long length))
            {
                gone.Add((pack, length));
            }
        }

        foreach ((KeptPack pack, _) in gone)
        {
            foreach (PackKey needed in pack.Needs)
            {
                Leave(_needing, needed, pack);
            }

            if (pack.Shape is { } shape)
            {
                Leave(_byShape, shape, pack);
            }
        }

        return gone;
    }

    private static void Enter(Dictionary<PackKey, List<KeptPack>> map, PackKey key, KeptPack pack)
    {
        if (!map.TryGetValue(key, out List<KeptPack>? packs))
        {
            map.Add(key, packs = []);
        }

        packs.Add(pack);
    }

    private static void Leave(Dictionary<PackKey, List<KeptPack>> map, PackKey key, KeptPack pack)
    {
        if (map.TryGetValue(key, out List<KeptPack>? packs) && packs.Remove(pack) && packs.Count == 0)
        {
            map.Remove(key);
        }
    }
}
