using System.Buffers;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// Finished packs on disk, in a folder for each repository: a pack (<c>KEY.pack</c>) and its record (<c>KEY.record</c>). The record is
/// renamed into place last; without it there is no pack. A damaged pack is moved to the quarantine and made again at the next request.
/// <para>
/// The pack of a whole clone may begin with an earlier one: then it has an increment (<c>KEY.increment</c>) in the place of the pack, and
/// its record names the others (<see cref="PackComposition"/>).
/// </para>
/// </summary>
public sealed class DiskPackTier : IPackTier, ISpaceHolder
{
    private const string PackSuffix = PackContent.PackSuffix;
    private const string RecordSuffix = ".record";

    /// <summary>The newest packs of a shape with which another one may begin: enough for several users who see different refs.</summary>
    private const int MaxEarlier = 4;

    private readonly DataFolder _folder;
    private readonly PackCacheOptions _options;
    private readonly StoreMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<DiskPackTier> _logger;
    private readonly SpaceBudget _budget;
    private readonly KeptPacks _index;

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

    /// <summary>Bytes of this pack's own files, without those of the packs with which it begins; null if it is not there.</summary>
    public long? LengthOf(PackKey key) => _index.LengthOf(key);

    /// <summary>Whether the store has a pack with this key; it may be damaged.</summary>
    public bool Contains(PackKey key) => _index.Contains(key);

    /// <inheritdoc />
    public ValueTask<PackReader?> TryOpenAsync(PackKey key, bool isStranger, CancellationToken cancellationToken) =>
        new(TryOpen(key, isStranger));

    private StoredPackReader? TryOpen(PackKey key, bool isStranger)
    {
        if (_index.Use(key, isStranger, out IReadOnlyList<KeptPack> hasLeftStrangers) is not { } entry)
        {
            return null;
        }

        try
        {
            foreach (KeptPack pack in hasLeftStrangers)
            {
                PackRecord left = RecordOf(pack) with { IsOfStrangers = false };
                TryRewrite(pack.Path, left);
                pack.RecordInUse = left;
            }

            return StoredPackReader.Open(entry.Path, RecordOf(entry), OnDamage);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Quarantine(key, entry.Path, e.Message);
            return null;
        }
    }

    private static PackRecord RecordOf(KeptPack pack)
    {
        PackRecord record = pack.RecordInUse ?? PackRecord.Read(pack.Path + RecordSuffix);
        pack.RecordInUse = record;
        return record.Key == pack.Key ? record : throw new InvalidDataException("the record belongs to another pack");
    }

    /// <summary>The packs with which the pack of a clone may begin, the newest first.</summary>
    public IReadOnlyList<EarlierPack> EarlierThan(WholeClone clone)
    {
        ArgumentNullException.ThrowIfNull(clone);
        return [.. _index.OfShape(clone.Shape).Take(MaxEarlier).Select(TryLook).OfType<EarlierPack>()];
    }

    private EarlierPack? TryLook(KeptPack pack)
    {
        try
        {
            PackRecord record = RecordOf(pack);
            using PackContent content = PackContent.Open(pack.Path, record);
            byte[] bytes = new byte[PackHeader.Length];
            content.Read(bytes, 0);
            return record.WholeClone is not null && PackHeader.TryParse(bytes, out PackHeader header)
                ? new EarlierPack(pack.Path, record, header.ObjectCount)
                : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null; // It goes to the quarantine when it is asked for.
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
            if (PackKey.TryParse(Path.GetFileName(path), out PackKey key))
            {
                foreach ((KeptPack pack, _) in _index.Remove(key))
                {
                    count++;
                    bytes += new FileInfo(pack.File) is { Exists: true } file ? file.Length : 0;
                    DeleteFiles(pack.Path);
                }
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
                (pace, stopping) => IsWholeAsync(entry.Item, pace, stopping)
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
        PackRecord record = RecordFor(fill, fill.Prologue!, fill.MadeAt, cost) with
        {
            PackLength = fill.File.Length!.Value,
            Sums = fill.File.Sums,
        };
        return await TryAdoptAsync(
            fill,
            record,
            () =>
            {
                fill.File.File.FlushToDisk();
                return fill.File.File.Path;
            },
            () => fill.IsStorable
        );
    }

    /// <summary>
    /// Puts the pack of a fill into the store that begins with an earlier one. False if that cannot be done; then the pack is made whole.
    /// </summary>
    /// <param name="fill">The fill, which has not begun.</param>
    /// <param name="earlier">The earlier pack.</param>
    /// <param name="increment">All objects that the pack has besides.</param>
    /// <param name="cost">The time that the making took.</param>
    public async Task<bool> TryComposeAsync(Fill fill, EarlierPack earlier, PackIncrement increment, TimeSpan cost)
    {
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentNullException.ThrowIfNull(increment);
        try
        {
            if (!TryMakeRoom(increment.Length + earlier.IncrementLength, fill.IsOfStrangers))
            {
                return false;
            }

            PackRecord record = await new PackComposer(earlier, increment).ComposeAsync(
                RecordFor(fill, earlier.Record.Prologue, _time.GetUtcNow(), cost),
                OnDamage,
                fill.Hear,
                fill.Stopping
            );
            _index.Use(earlier.Record.Key, fill.IsOfStrangers, out _);
            return await TryAdoptAsync(fill, record, () => increment.Path, () => fill.MayBeKept);
        }
        catch (Exception e) when (e is PackDamagedException or OverflowException)
        {
            return false; // in quarantine, or with more objects than a pack can have
        }
        catch (InvalidDataException e)
        {
            Quarantine(earlier.Record.Key, earlier.Path, e.Message);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NoteRefusal("cannot store", e);
            return false;
        }
    }

    private static PackRecord RecordFor(Fill fill, FetchPrologue prologue, DateTimeOffset madeAt, TimeSpan cost) =>
        new()
        {
            Key = fill.Plan.Key,
            Repository = fill.Plan.Repository,
            ObjectFormat = fill.Plan.ObjectFormat,
            Prologue = prologue,
            PackLength = 0,
            MadeAt = madeAt,
            Cost = cost,
            Sums = [],
            IsOfStrangers = fill.IsOfStrangers,
            WholeClone = fill.Plan.WholeClone,
        };

    /// <param name="fill">The fill.</param>
    /// <param name="record">The record of its pack.</param>
    /// <param name="settle">Brings the file to the disk, and returns its temporary path.</param>
    /// <param name="mayBeKept">Whether it may still be kept when it is in the store.</param>
    private async Task<bool> TryAdoptAsync(Fill fill, PackRecord record, Func<string> settle, Func<bool> mayBeKept)
    {
        string path = PathOf(record.Repository, record.Key);
        string temporary = _folder.NewTemporaryPath(RecordSuffix);
        try
        {
            byte[] bytes = record.ToBytes();
            string file = settle();
            await File.WriteAllBytesAsync(temporary, bytes);
            DataFolder.CreatePrivate(Path.GetDirectoryName(path)!);
            Delete(_index.Remove(record.Key));
            var pack = new KeptPack(path, record.Repository, record);
            File.Move(file, pack.File, overwrite: true);
            File.Move(temporary, path + RecordSuffix, overwrite: true);
            bool isIn = _index.TryAdd(pack, PackContent.FileLengthOf(record) + bytes.Length, record.Cost, record.IsOfStrangers);
            if (!isIn || !mayBeKept())
            {
                // It was disowned, or found damaged, while it was put away: a purge of the repository may have looked before it was here.
                // Or a pack that it needs has gone.
                _index.Remove(record.Key);
                DeleteFiles(path);
                return false;
            }

            TryMakeRoom(0, record.IsOfStrangers);
            _logger.AnswerStored(fill.Plan.Repository, record.Key, PackContent.FileLengthOf(record), record.Cost);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NoteRefusal("cannot store", e);
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
        foreach ((KeptPack pack, long freed) in _index.RemoveLeastWorth(among))
        {
            DeleteFiles(pack.Path);
            _meters.Evicted(freed);
            _logger.AnswerEvicted(Path.GetFileName(pack.Path), freed);
        }
    }

    private async Task<bool> IsWholeAsync(KeptPack pack, ScrubPace pace, CancellationToken stopping)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            PackRecord record = PackRecord.Read(pack.Path + RecordSuffix);
            await using StoredPackReader reader = StoredPackReader.Open(pack.Path, record, OnDamage);
            if (record.Composition is { } composition)
            {
                // The parts before are read with their own packs.
                reader.BeginAt(record.PackLength - composition.Trailer.Length - composition.Parts[^1].Length);
            }

            while (await reader.NextAsync(stopping) is { Kind: PackStepKind.Bytes } step)
            {
                await reader.ReadAsync(block.AsMemory(0, step.Length), stopping);
                reader.Verify();
                await pace.RestAsync(stopping);
            }

            return true;
        }
        catch (PackDamagedException)
        {
            return false; // and in quarantine
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            if (!_index.Contains(pack.Key))
            {
                return true; // evicted meanwhile
            }

            Quarantine(pack.Key, pack.Path, e.Message);
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
        IReadOnlyList<(KeptPack Pack, long Length)> gone = _index.Remove(key);
        if (gone.Count > 0)
        {
            _meters.Quarantined();
            _logger.AnswerQuarantined(key, reason);
            _folder.Quarantine(path + RecordSuffix);
            _folder.Quarantine(gone[0].Pack.File);
            Delete(gone.Skip(1));
        }
    }

    private void Delete(IEnumerable<(KeptPack Pack, long Length)> packs)
    {
        foreach ((KeptPack pack, _) in packs)
        {
            DeleteFiles(pack.Path);
        }
    }

    private void DeleteFiles(string path)
    {
        // The record first: a pack without a record does not count, but a record without its pack would be wrong.
        TryDelete(path + RecordSuffix);
        TryDelete(path + PackSuffix);
        TryDelete(path + PackContent.IncrementSuffix);
    }

    private void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NoteRefusal("cannot delete", e);
        }
    }

    private void NoteRefusal(string reason, Exception cause)
    {
        _meters.CacheFailure(reason);
        _logger.DiskRefused(reason, cause);
    }

    private void Load()
    {
        if (!Directory.Exists(_folder.Packs))
        {
            return;
        }

        HashSet<RepositoryName> names = [];
        List<PackRecord> composed = [];
        // The packs last: a pack may stay only if its record is good, and bad records are deleted by now.
        foreach (string file in Directory.EnumerateFiles(_folder.Packs, "*", SearchOption.AllDirectories).OrderBy(IsPack).ToList())
        {
            string path = Path.ChangeExtension(file, null);
            bool isPack = IsPack(file);
            if (isPack && File.Exists(path + RecordSuffix))
            {
                continue;
            }

            if (!isPack && TryLoad(file, path, names, composed))
            {
                continue;
            }

            _logger.UnfinishedSwept(file);
            TryDelete(file);
        }

        // Each after those that it needs.
        foreach (PackRecord record in composed.OrderBy(static record => record.Composition!.Parts.Count))
        {
            string path = PathOf(record.Repository, record.Key);
            if (!HasParts(record) || !TryAdd(path, record, names))
            {
                _logger.UnfinishedSwept(path + RecordSuffix);
                DeleteFiles(path);
            }
        }
    }

    private bool HasParts(PackRecord record)
    {
        try
        {
            return record
                .Composition!.Parts.SkipLast(1)
                .All(part =>
                    _index.Find(part.Owner) is { } pack
                    && pack.Repository == record.Repository
                    && PackRecord.Read(pack.Path + RecordSuffix).Print == part.Print
                );
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
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
            NoteRefusal("cannot store", e);
        }

        TryDelete(temporary);
    }

    private static bool IsPack(string file) =>
        file.EndsWith(PackSuffix, StringComparison.Ordinal) || file.EndsWith(PackContent.IncrementSuffix, StringComparison.Ordinal);

    /// <param name="recordFile">The record.</param>
    /// <param name="path">The path of both files, without a suffix.</param>
    /// <param name="names">The names of repositories, of which each is in memory once.</param>
    /// <param name="composed">Gets the records of packs that need others.</param>
    private bool TryLoad(string recordFile, string path, HashSet<RepositoryName> names, List<PackRecord> composed)
    {
        try
        {
            PackRecord record = PackRecord.Read(recordFile);
            var pack = new FileInfo(path + PackContent.SuffixOf(record));
            if (
                !pack.Exists
                || pack.Length != PackContent.FileLengthOf(record)
                || !string.Equals(PathOf(record.Repository, record.Key), path, StringComparison.Ordinal)
            )
            {
                return false;
            }

            if (record.Composition is not null)
            {
                composed.Add(record);
                return true;
            }

            return TryAdd(path, record, names);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private bool TryAdd(string path, PackRecord record, HashSet<RepositoryName> names)
    {
        RepositoryName name = names.TryGetValue(record.Repository, out RepositoryName known) ? known : record.Repository;
        names.Add(name);
        long length = PackContent.FileLengthOf(record) + new FileInfo(path + RecordSuffix).Length;
        return _index.TryAdd(new KeptPack(path, name, record), length, record.Cost, record.IsOfStrangers);
    }
}
