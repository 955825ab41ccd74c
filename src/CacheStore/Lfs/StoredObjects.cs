using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The objects on disk: their <see cref="ObjectFiles"/>, and the <see cref="ObjectLog"/> that says which of these count. An object is whole
/// and checked before it is renamed into place. A file that the log does not know was never finished. A damaged object is moved to the
/// quarantine.
/// </summary>
internal sealed class StoredObjects : ISpaceHolder
{
    private readonly Lock _gate = new();
    private readonly DataFolder _folder;
    private readonly SpaceBudget _budget;
    private readonly LfsOptions _options;
    private readonly StoreMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ObjectFiles _files;
    private readonly ObjectLog _log;
    private readonly ObjectIndex _index;

    public StoredObjects(DataFolder folder, SpaceBudget budget, LfsOptions options, StoreMeters meters, TimeProvider time, ILogger logger)
    {
        (_folder, _budget, _options, _meters, _time, _logger) = (folder, budget, options, meters, time, logger);
        _files = new ObjectFiles(folder, OnRefused);
        _log = new ObjectLog(folder);
        _index = new ObjectIndex(budget.Worths);
        Load();
        budget.Add(this);
        meters.ObserveLfs(() => _index.Bytes, () => _index.Count, () => _index.BytesOfStrangers);
        if (Bytes > options.MaxSize)
        {
            TryMakeRoom(0, isOfStranger: false);
        }
    }

    public long Bytes => _index.Bytes;

    public int Count => _index.Count;

    public long BytesOfStrangers => _index.BytesOfStrangers;

    long ISpaceHolder.MaxBytes => _options.MaxSize;

    public bool Contains(LfsObject lfsObject)
    {
        lock (_gate)
        {
            return _index.Find(lfsObject) is not null;
        }
    }

    public IReadOnlyDictionary<RepositoryName, long> Repositories()
    {
        lock (_gate)
        {
            return _index.Repositories();
        }
    }

    public long BytesOf(RepositoryName repository)
    {
        lock (_gate)
        {
            return _index.BytesOf(repository);
        }
    }

    /// <summary>Opens an object in the name of a repository, which refers to it from now on; null if there is none.</summary>
    public StoredObjectFile? TryOpen(RepositoryName repository, LfsObject lfsObject, bool isStranger = false)
    {
        StoredObject? stored;
        lock (_gate)
        {
            stored = _index.Use(lfsObject, isStranger, out bool hasLeftStrangers);
            if (stored is null)
            {
                return null;
            }

            if (hasLeftStrangers && _index.ToLog(lfsObject.Id) is { } known)
            {
                TryAppend(known);
            }

            Refer(repository, lfsObject.Id);
        }

        return TryOpen(stored);
    }

    /// <summary>The repository refers to the object, if it is stored.</summary>
    public void AddReference(RepositoryName repository, LfsObject lfsObject)
    {
        lock (_gate)
        {
            if (_index.Find(lfsObject) is not null)
            {
                Refer(repository, lfsObject.Id);
            }
        }
    }

    /// <summary>A temporary file for an object.</summary>
    /// <param name="lfsObject">The object.</param>
    /// <param name="isOfStrangers">Whether only strangers want it, asked whenever the file needs more room.</param>
    public SpoolFile NewSpoolFile(LfsObject lfsObject, Func<bool> isOfStrangers) =>
        new(
            _folder.NewTemporaryPath(".lfs"),
            bytes => TryMakeRoom(Math.Min(bytes, lfsObject.Size), isOfStrangers(), lfsObject.Size),
            (reason, cause) =>
            {
                if (reason == SpoolFile.NoRoom && isOfStrangers() && _budget.HoldsBackStrangers)
                {
                    _meters.StrangersDeclined("lfs");
                    return;
                }

                OnRefused(reason, cause);
            }
        );

    /// <summary>Takes a finished file into the store; false if the disk refuses, or no repository wants it any more.</summary>
    /// <param name="lfsObject">The object.</param>
    /// <param name="file">The file, flushed to the disk, with just the bytes of the object.</param>
    /// <param name="sums">The checksum of each of its blocks.</param>
    /// <param name="cost">The time that it took to come.</param>
    /// <param name="isOfStrangers">Whether only strangers wanted it.</param>
    /// <param name="repositories">Asked for the repositories that refer to it, in one step with the putting away.</param>
    public bool TryAdopt(
        LfsObject lfsObject,
        SpoolFile file,
        uint[] sums,
        TimeSpan cost,
        bool isOfStrangers,
        Func<IReadOnlyList<RepositoryName>> repositories
    )
    {
        try
        {
            _files.Prepare(file, lfsObject.Id);
            lock (_gate)
            {
                IReadOnlyList<RepositoryName> present = repositories();
                if (present.Count == 0)
                {
                    return false;
                }

                var stored = new StoredObject(lfsObject, _time.GetUtcNow(), cost, sums, present, isOfStrangers);
                _files.Adopt(file, lfsObject.Id);
                _log.Append(new ObjectLogEntry.Stored(stored));
                _index.Add(stored);
                RenewLogWhenOld();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            OnRefused("cannot store", e);
            if (!Contains(lfsObject))
            {
                _files.TryDelete(lfsObject.Id);
            }

            return false;
        }

        TryMakeRoom(0, isOfStrangers);
        _logger.ObjectStored(lfsObject.Id, lfsObject.Size, cost);
        return true;
    }

    /// <summary>Takes a damaged object out of use.</summary>
    public void Quarantine(StoredObject damaged, string reason)
    {
        lock (_gate)
        {
            // One that has come since is not damaged.
            if (!ReferenceEquals(_index.Find(damaged.Object), damaged))
            {
                return;
            }

            _index.Remove(damaged.Object.Id);
            NoteRemoved(damaged.Object.Id);
            _files.Quarantine(damaged.Object.Id);
        }

        _meters.LfsQuarantined();
        _logger.ObjectQuarantined(damaged.Object.Id, reason);
    }

    /// <summary>Removes the objects that only this repository refers to, and everything in quarantine.</summary>
    public (int Count, long Bytes) RemoveAll(RepositoryName repository)
    {
        IReadOnlyList<StoredObject> removed;
        lock (_gate)
        {
            removed = _index.Purge(repository);
            TryAppend(new ObjectLogEntry.Purged(repository));
            foreach (StoredObject stored in removed)
            {
                _files.TryDelete(stored.Object.Id);
            }
        }

        _folder.EmptyQuarantine();
        return (removed.Count, removed.Sum(static stored => stored.Object.Size));
    }

    /// <summary>Every object, to be read whole and compared with its checksums.</summary>
    public IEnumerable<ScrubItem> ScrubItems()
    {
        List<StoredObject> all;
        lock (_gate)
        {
            all = [.. _index.All()];
        }

        return all.Select(stored => new ScrubItem(
            "lfs/" + stored.Object.Id,
            stored.Object.Size,
            (pace, stopping) => IsWholeAsync(stored, pace, stopping)
        ));
    }

    double? ISpaceHolder.LeastWorth(Evictable among, RepositoryName? spared) => _index.LeastWorth(among);

    void ISpaceHolder.TryEvict(Evictable among, RepositoryName? spared)
    {
        StoredObject? evicted;
        lock (_gate)
        {
            if (!_index.TryRemoveLeastWorth(among, out evicted))
            {
                return;
            }

            NoteRemoved(evicted.Object.Id);
            _files.TryDelete(evicted.Object.Id);
        }

        _meters.LfsEvicted(evicted.Object.Size);
        _logger.ObjectEvicted(evicted.Object.Id, evicted.Object.Size);
    }

    private bool TryMakeRoom(long bytes, bool isOfStranger, long whole = 0) =>
        whole <= _options.MaxSize && _budget.TryMakeRoom(this, bytes, isOfStranger);

    private StoredObjectFile? TryOpen(StoredObject stored)
    {
        try
        {
            SafeFileHandle file = _files.Open(stored.Object.Id);
            if (RandomAccess.GetLength(file) == stored.Object.Size)
            {
                return new StoredObjectFile(file, stored, Quarantine);
            }

            file.Dispose();
            Quarantine(stored, "the file has another length");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Quarantine(stored, e.Message);
        }

        return null;
    }

    private async Task<bool> IsWholeAsync(StoredObject stored, ScrubPace pace, CancellationToken stopping)
    {
        if (!Contains(stored.Object))
        {
            return true; // evicted meanwhile
        }

        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            using StoredObjectFile? file = TryOpen(stored);
            for (int at = 0; file is not null && at < stored.Sums.Length; at++)
            {
                file.ReadBlock(at, block);
                await pace.RestAsync(stopping);
            }

            return file is not null || !Contains(stored.Object);
        }
        catch (LfsBrokenException)
        {
            return false; // and in quarantine
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>The caller has the lock.</summary>
    private void Refer(RepositoryName repository, LfsObjectId id)
    {
        if (_index.TryRefer(id, repository))
        {
            TryAppend(new ObjectLogEntry.Referred(id, repository));
        }
    }

    /// <summary>The caller has the lock.</summary>
    private void NoteRemoved(LfsObjectId id) => TryAppend(new ObjectLogEntry.Removed(id));

    /// <summary>Without this entry the next start finds an object without its file, or without one of its repositories.</summary>
    private void TryAppend(ObjectLogEntry entry)
    {
        try
        {
            _log.Append(entry);
            RenewLogWhenOld();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            OnRefused("cannot write", e);
        }
    }

    private void RenewLogWhenOld()
    {
        if (_log.IsOld)
        {
            _log.Renew(_index.ToLog());
        }
    }

    private void OnRefused(string reason, Exception? cause)
    {
        _meters.LfsFailure(reason);
        _logger.ObjectRefused(reason, cause);
    }

    private void Load()
    {
        try
        {
            foreach (ObjectLogEntry entry in _log.Read())
            {
                Apply(entry);
            }

            SweepFiles();
            if (_folder.IsWritable && (_index.Count > 0 || _options.MaxSize > 0))
            {
                _log.Renew(_index.ToLog());
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            OnRefused("cannot read", e);
        }
    }

    private void Apply(ObjectLogEntry entry)
    {
        switch (entry)
        {
            case ObjectLogEntry.Stored { Object: var stored }:
                _index.Add(stored);
                break;
            case ObjectLogEntry.Referred referred:
                _index.TryRefer(referred.Id, referred.Repository);
                break;
            case ObjectLogEntry.Removed removed:
                _index.Remove(removed.Id);
                break;
            case ObjectLogEntry.Purged purged:
                _index.Purge(purged.Repository);
                break;
        }
    }

    /// <summary>Deletes the files that the log does not know, and forgets the objects without a file.</summary>
    private void SweepFiles()
    {
        foreach (LfsObject gone in _files.Sweep(_index.All().Select(static stored => stored.Object), _logger.ObjectSwept))
        {
            _index.Remove(gone.Id);
        }
    }
}
