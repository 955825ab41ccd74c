using System.Buffers;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// Finished packs on disk, in a folder for each repository: a pack (<c>KEY.pack</c>) and its record (<c>KEY.record</c>). The record is
/// renamed into place last; without it there is no pack. A damaged pack is moved to the quarantine and made again at the next request.
/// </summary>
public sealed class DiskPackTier : IPackTier, ISpaceHolder
{
    private const string PackSuffix = ".pack";
    private const string RecordSuffix = ".record";

    private readonly DataFolder _folder;
    private readonly PackCacheOptions _options;
    private readonly StoreMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<DiskPackTier> _logger;
    private readonly SpaceBudget _budget;
    private readonly WorthIndex<PackKey, KeptPack> _index;

    /// <summary>Opens the store and deletes the unfinished files of an earlier run.</summary>
    public DiskPackTier(
        DataFolder folder,
        SpaceBudget budget,
        PackCacheOptions options,
        StoreMeters meters,
        TimeProvider time,
        ILogger<DiskPackTier> logger
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(meters);
        _folder = folder;
        _options = options;
        _meters = meters;
        _time = time;
        _logger = logger;
        _budget = budget;
        _index = new(budget.Worths);
        Load();
        budget.Add(this);
        meters.Observe(() => _index.Bytes, () => _index.Count, () => _index.BytesOfStrangers);
    }

    /// <summary>The number of packs.</summary>
    public int Count => _index.Count;

    /// <summary>Bytes that they take.</summary>
    public long Bytes => _index.Bytes;

    /// <summary>Bytes of the packs that strangers brought in and no known client has used.</summary>
    public long BytesOfStrangers => _index.BytesOfStrangers;

    long ISpaceHolder.MaxBytes => _options.MaxSize;

    /// <summary>The number of packs of each repository, and their bytes.</summary>
    public IReadOnlyDictionary<RepositoryName, (int Count, long Bytes)> Repositories() =>
        _index
            .All()
            .GroupBy(static one => one.Item.Repository)
            .ToDictionary(static packs => packs.Key, static packs => (packs.Count(), packs.Sum(static one => one.Length)));

    /// <summary>Whether the store has a pack with this key; it may be damaged.</summary>
    public bool Contains(PackKey key) => _index.Contains(key);

    /// <inheritdoc />
    public ValueTask<PackReader?> TryOpenAsync(PackKey key, bool isStranger, CancellationToken cancellationToken) =>
        new(TryOpen(key, isStranger));

    private StoredPackReader? TryOpen(PackKey key, bool isStranger)
    {
        if (_index.Use(key, isStranger, out bool hasLeftStrangers) is not { } entry)
        {
            return null;
        }

        try
        {
            PackRecord record = entry.RecordInUse ?? PackRecord.Read(entry.Path + RecordSuffix);
            if (record.Key != key)
            {
                throw new InvalidDataException("the record belongs to another pack");
            }

            if (hasLeftStrangers)
            {
                record = record with { IsOfStrangers = false };
                TryRewrite(entry.Path, record);
            }

            entry.RecordInUse = record;
            return StoredPackReader.Open(entry.Path + PackSuffix, record, OnDamage);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Quarantine(key, entry.Path, e.Message);
            return null;
        }
    }

    /// <summary>Removes every pack of a repository from the disk, and everything in quarantine. Returns the number of packs and their
    /// bytes.</summary>
    public (int Count, long Bytes) RemoveAll(RepositoryName repository)
    {
        (int count, long bytes) = (0, 0);
        string folder = FolderOf(repository);
        foreach (string record in Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + RecordSuffix) : [])
        {
            string path = Path.ChangeExtension(record, null);
            if (PackKey.TryParse(Path.GetFileName(path), out PackKey key) && _index.TryRemove(key))
            {
                count++;
                bytes += new FileInfo(path + PackSuffix) is { Exists: true } pack ? pack.Length : 0;
            }

            DeleteFiles(path);
        }

        _folder.EmptyQuarantine();
        return (count, bytes);
    }

    /// <summary>Every pack, to be read whole and compared with its checksums.</summary>
    internal IEnumerable<ScrubItem> ScrubItems() =>
        _index
            .All()
            .Select(entry => new ScrubItem(
                "packs/" + entry.Key,
                entry.Length,
                stopping => IsWholeAsync(entry.Key, entry.Item.Path, stopping)
            ));

    /// <param name="isOfStrangers">Whether only strangers want the pack, asked whenever it needs more room.</param>
    internal SpoolFile NewSpoolFile(Func<bool> isOfStrangers) =>
        new(
            _folder.NewTemporaryPath(PackSuffix),
            bytes => TryMakeRoom(bytes, isOfStrangers()),
            (reason, cause) =>
            {
                if (reason == SpoolFile.NoRoom && isOfStrangers() && _budget.HoldsBackStrangers)
                {
                    _meters.StrangersDeclined("pack");
                    return;
                }

                _meters.CacheFailure(reason);
                _logger.DiskRefused(reason, cause);
            }
        );

    /// <summary>Takes a finished fill's file into the store; false if the disk refuses.</summary>
    internal async Task<bool> TryAdoptAsync(Fill fill, TimeSpan cost)
    {
        PackKey key = fill.Plan.Key;
        string path = PathOf(fill.Plan.Repository, key);
        string temporary = _folder.NewTemporaryPath(RecordSuffix);
        var record = new PackRecord
        {
            Key = key,
            Repository = fill.Plan.Repository,
            ObjectFormat = fill.Plan.ObjectFormat,
            Prologue = fill.Prologue!,
            PackLength = fill.File.Length!.Value,
            MadeAt = fill.MadeAt,
            Cost = cost,
            Sums = fill.File.Sums,
            IsOfStrangers = fill.IsOfStrangers,
        };
        try
        {
            byte[] bytes = record.ToBytes();
            fill.File.File.FlushToDisk();
            await File.WriteAllBytesAsync(temporary, bytes);
            DataFolder.CreatePrivate(Path.GetDirectoryName(path)!);
            File.Move(fill.File.File.Path, path + PackSuffix, overwrite: true);
            File.Move(temporary, path + RecordSuffix, overwrite: true);
            _index.Add(key, new KeptPack(path, record.Repository), record.PackLength + bytes.Length, cost, record.IsOfStrangers);
            if (!fill.IsStorable)
            {
                // It was disowned, or found damaged, while it was put away: a purge of the repository may have looked before it was here.
                _index.TryRemove(key);
                DeleteFiles(path);
                return false;
            }

            TryMakeRoom(0, record.IsOfStrangers);
            _logger.AnswerStored(fill.Plan.Repository, key, record.PackLength, cost);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _meters.CacheFailure("cannot store");
            _logger.DiskRefused("cannot store", e);
            DeleteFiles(path);
            TryDelete(temporary);
            return false;
        }
    }

    /// <summary>Evicts until so many bytes more fit the size budget and leave the disk reserve free.</summary>
    internal bool TryMakeRoom(long bytes, bool isOfStranger = false) => _budget.TryMakeRoom(this, bytes, isOfStranger);

    double? ISpaceHolder.LeastWorth(Evictable among, RepositoryName? spared) => _index.LeastWorth(among);

    void ISpaceHolder.TryEvict(Evictable among, RepositoryName? spared)
    {
        if (_index.TryRemoveLeastWorth(among, out KeptPack? pack, out long freed))
        {
            DeleteFiles(pack.Path);
            _meters.Evicted(freed);
            _logger.AnswerEvicted(Path.GetFileName(pack.Path), freed);
        }
    }

    private async Task<bool> IsWholeAsync(PackKey key, string path, CancellationToken stopping)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            PackRecord record = PackRecord.Read(path + RecordSuffix);
            await using StoredPackReader reader = StoredPackReader.Open(path + PackSuffix, record, OnDamage);
            while (await reader.NextAsync(stopping) is { Kind: PackStepKind.Bytes } step)
            {
                stopping.ThrowIfCancellationRequested();
                await reader.ReadAsync(block.AsMemory(0, step.Length), stopping);
                reader.Verify();
            }

            return true;
        }
        catch (PackDamagedException)
        {
            return false; // and in quarantine
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            if (!_index.Contains(key))
            {
                return true; // evicted meanwhile
            }

            Quarantine(key, path, e.Message);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private string PathOf(RepositoryName repository, PackKey key) => Path.Combine(FolderOf(repository), key.ToString());

    private string FolderOf(RepositoryName repository) => Path.Combine(_folder.Packs, repository.FolderName);

    private void OnDamage(PackRecord record) =>
        Quarantine(record.Key, PathOf(record.Repository, record.Key), "a block differs from its checksum");

    private void Quarantine(PackKey key, string path, string reason)
    {
        if (_index.TryRemove(key))
        {
            _meters.Quarantined();
            _logger.AnswerQuarantined(key, reason);
            _folder.Quarantine(path + RecordSuffix);
            _folder.Quarantine(path + PackSuffix);
        }
    }

    private void DeleteFiles(string path)
    {
        // The record first: a pack without a record does not count, but a record without its pack would be wrong.
        TryDelete(path + RecordSuffix);
        TryDelete(path + PackSuffix);
    }

    private void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _meters.CacheFailure("cannot delete");
            _logger.DiskRefused("cannot delete", e);
        }
    }

    private void Load()
    {
        if (!Directory.Exists(_folder.Packs))
        {
            return;
        }

        HashSet<RepositoryName> names = [];
        // The packs last: a pack may stay only if its record is good, and bad records are deleted by now.
        foreach (string file in Directory.EnumerateFiles(_folder.Packs, "*", SearchOption.AllDirectories).OrderBy(IsPack).ToList())
        {
            string path = Path.ChangeExtension(file, null);
            bool isPack = IsPack(file);
            if (isPack && File.Exists(path + RecordSuffix))
            {
                continue;
            }

            if (!isPack && TryLoad(file, path, names))
            {
                continue;
            }

            _logger.UnfinishedSwept(file);
            TryDelete(file);
        }
    }

    /// <summary>Without the new record, the next start takes the pack for one of strangers again.</summary>
    private void TryRewrite(string path, PackRecord record)
    {
        string temporary = _folder.NewTemporaryPath(RecordSuffix);
        try
        {
            File.WriteAllBytes(temporary, record.ToBytes());
            if (_index.Contains(record.Key))
            {
                File.Move(temporary, path + RecordSuffix, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _meters.CacheFailure("cannot store");
            _logger.DiskRefused("cannot store", e);
        }

        TryDelete(temporary);
    }

    private static bool IsPack(string file) => file.EndsWith(PackSuffix, StringComparison.Ordinal);

    /// <param name="recordFile">The record.</param>
    /// <param name="path">The path of both files, without a suffix.</param>
    /// <param name="names">The names of repositories, of which each is in memory once.</param>
    private bool TryLoad(string recordFile, string path, HashSet<RepositoryName> names)
    {
        try
        {
            var pack = new FileInfo(path + PackSuffix);
            PackRecord record = PackRecord.Read(recordFile);
            if (
                !pack.Exists
                || pack.Length != record.PackLength
                || !string.Equals(PathOf(record.Repository, record.Key), path, StringComparison.Ordinal)
            )
            {
                return false;
            }

            RepositoryName name = names.TryGetValue(record.Repository, out RepositoryName known) ? known : record.Repository;
            names.Add(name);
            long length = pack.Length + new FileInfo(recordFile).Length;
            _index.Add(record.Key, new KeptPack(path, name), length, record.Cost, record.IsOfStrangers);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
