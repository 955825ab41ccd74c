using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The stored objects in memory: which there are, what each is worth, and which repositories refer to each. For one thread at a time, but
/// for <see cref="Bytes"/>, <see cref="Count"/> and <see cref="LeastWorth"/>.
/// </summary>
internal sealed class ObjectIndex(Worths worths)
{
    /// <summary>
    /// Repositories of one object that are remembered. An object of more repositories is removed by their purges no later than without a
    /// bound, and comes again.
    /// </summary>
    private const int MaxRepositories = 256;

    private readonly WorthIndex<LfsObjectId, Entry> _entries = new(worths);
    private readonly Dictionary<RepositoryName, Share> _shares = [];

    public long Bytes => _entries.Bytes;

    public int Count => _entries.Count;

    public long BytesOfStrangers => _entries.BytesOfStrangers;

    public double? LeastWorth(Evictable among) => _entries.LeastWorth(among);

    /// <summary>Every object.</summary>
    public IEnumerable<StoredObject> All() => _entries.All().Select(static one => one.Item.Stored);

    /// <summary>Every object as the log has it: with its present repositories.</summary>
    public IEnumerable<ObjectLogEntry> ToLog() => _entries.All().Select(one => new ObjectLogEntry.Stored(ToStored(one.Item)));

    /// <summary>An object as the log has it; null if there is none.</summary>
    public ObjectLogEntry? ToLog(LfsObjectId id) => _entries.Find(id) is { } entry ? new ObjectLogEntry.Stored(ToStored(entry)) : null;

    public StoredObject? Find(LfsObject lfsObject) =>
        _entries.Find(lfsObject.Id) is { } entry && entry.Stored.Object == lfsObject ? entry.Stored : null;

    /// <summary>Finds an object and counts the use; null if there is none of this name and length.</summary>
    /// <param name="lfsObject">The object.</param>
    /// <param name="isStranger">Whether a stranger uses it.</param>
    /// <param name="hasLeftStrangers">Whether it belonged to the strangers and, by this use, does so no more.</param>
    public StoredObject? Use(LfsObject lfsObject, bool isStranger, out bool hasLeftStrangers)
    {
        hasLeftStrangers = false;
        return Find(lfsObject) is null ? null : _entries.Use(lfsObject.Id, isStranger, out hasLeftStrangers)?.Stored;
    }

    public void Add(StoredObject stored)
    {
        Remove(stored.Object.Id);
        _entries.Add(stored.Object.Id, new Entry(stored), stored.Object.Size, stored.Cost, stored.IsOfStrangers);
        foreach (RepositoryName repository in stored.Repositories)
        {
            TryRefer(stored.Object.Id, repository);
        }
    }

    /// <summary>Notes that a repository refers to an object; false if that is known, or there is no such object.</summary>
    public bool TryRefer(LfsObjectId id, RepositoryName repository)
    {
        if (_entries.Find(id) is not { } entry)
        {
            return false;
        }

        if (!_shares.TryGetValue(repository, out Share? share))
        {
            share = new Share(repository);
        }

        if (entry.Shares.Count >= MaxRepositories || entry.Shares.Contains(share))
        {
            return false;
        }

        _shares[repository] = share;
        entry.Shares.Add(share);
        share.Grow(entry.Stored.Object.Size);
        return true;
    }

    public StoredObject? Remove(LfsObjectId id)
    {
        if (!_entries.TryRemove(id, out Entry? entry))
        {
            return null;
        }

        LeaveShares(entry);
        return entry.Stored;
    }

    /// <summary>Removes the object of the least worth, to be evicted.</summary>
    public bool TryRemoveLeastWorth(Evictable among, [NotNullWhen(true)] out StoredObject? stored)
    {
        stored = null;
        if (_entries.TryRemoveLeastWorth(among, out Entry? entry, out _))
        {
            LeaveShares(entry);
            stored = entry.Stored;
        }

        return stored is not null;
    }

    /// <summary>
    /// The repository refers to nothing any more. Removes and returns the objects that no other repository refers to.
    /// </summary>
    public IReadOnlyList<StoredObject> Purge(RepositoryName repository)
    {
        if (!_shares.TryGetValue(repository, out Share? share))
        {
            return [];
        }

        List<StoredObject> removed = [];
        foreach ((LfsObjectId id, Entry entry, _) in _entries.All())
        {
            if (!entry.Shares.Contains(share))
            {
                continue;
            }

            if (entry.Shares.Count == 1)
            {
                Remove(id);
                removed.Add(entry.Stored);
            }
            else
            {
                Leave(entry, share);
            }
        }

        return removed;
    }

    /// <summary>The repositories that refer to objects, each with the bytes of these.</summary>
    public IReadOnlyDictionary<RepositoryName, long> Repositories() =>
        _shares.ToDictionary(static share => share.Key, static share => share.Value.Bytes);

    public long BytesOf(RepositoryName repository) => _shares.TryGetValue(repository, out Share? share) ? share.Bytes : 0;

    private StoredObject ToStored(Entry entry) =>
        entry.Stored with
        {
            Repositories = [.. entry.Shares.Select(static share => share.Repository)],
            IsOfStrangers = _entries.IsOfStrangers(entry.Stored.Object.Id),
        };

    private void LeaveShares(Entry entry)
    {
        foreach (Share share in entry.Shares.ToList())
        {
            Leave(entry, share);
        }
    }

    private void Leave(Entry entry, Share share)
    {
        entry.Shares.Remove(share);
        if (share.Shrink(entry.Stored.Object.Size) == 0)
        {
            _shares.Remove(share.Repository);
        }
    }

    private sealed class Entry(StoredObject stored)
    {
        /// <summary>The object without its repositories, which are in <see cref="Shares"/>.</summary>
        public StoredObject Stored { get; } = stored with { Repositories = [] };

        public List<Share> Shares { get; } = new(1);
    }

    /// <summary>The objects of one repository.</summary>
    private sealed class Share(RepositoryName repository)
    {
        private int _count;

        public RepositoryName Repository => repository;

        public long Bytes { get; private set; }

        public void Grow(long bytes)
        {
            _count++;
            Bytes += bytes;
        }

        /// <summary>Returns the number of objects that are left.</summary>
        public int Shrink(long bytes)
        {
            Bytes -= bytes;
            return --_count;
        }
    }
}
