using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The Git LFS objects of a node, by SHA-256 and shared between repositories.
/// <code>
///   Open ─► stored? ──────► StoredObjects (disk) ──────────► LfsReading ─► client
///        └► comes? ───────► LfsFillTable ─► LfsFill ───────► LfsReading ─► client
///        └► begin a fill ─► the caller's source ─► LfsFill ─► StoredObjects
/// </code>
/// The store gives no permission: the caller knows that the client may have the object.
/// </summary>
public sealed class LfsStore : IAsyncDisposable
{
    private readonly DataFolder _folder;
    private readonly LfsOptions _options;
    private readonly TimeProvider _time;
    private readonly StoredObjects _objects;
    private readonly LfsFillTable _fills;
    private readonly Lock _uploadsGate = new();
    private readonly HashSet<LfsUpload> _uploads = [];

    /// <summary>Opens the objects of the data folder, and deletes the unfinished files of an earlier run.</summary>
    public LfsStore(
        DataFolder folder,
        SpaceBudget budget,
        LfsOptions options,
        StoreMeters meters,
        TimeProvider time,
        ILogger<LfsStore> logger
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(meters);
        (_folder, _options, _time) = (folder, options, time);
        _objects = new StoredObjects(folder, budget, options, meters, time, logger);
        _fills = new LfsFillTable(_objects, meters, time, logger);
    }

    /// <summary>Whether objects are kept at all.</summary>
    public bool IsOn => _options.MaxSize > 0 && _folder.IsWritable;

    /// <summary>The number of objects.</summary>
    public int Count => _objects.Count;

    /// <summary>Bytes that they take.</summary>
    public long Bytes => _objects.Bytes;

    /// <summary>Bytes of the objects that strangers brought in and no known client has used.</summary>
    public long BytesOfStrangers => _objects.BytesOfStrangers;

    /// <summary>Whether the object is stored; it may be damaged.</summary>
    public bool Contains(LfsObject lfsObject) => _objects.Contains(lfsObject);

    /// <summary>
    /// Opens a reading of the stored object (<see cref="LfsServed.Hit"/>), of the fill in progress (<see cref="LfsServed.Join"/>), or of
    /// a new fill (<see cref="LfsServed.Fill"/>).
    /// </summary>
    /// <param name="repository">The repository that refers to the object.</param>
    /// <param name="lfsObject">The object.</param>
    /// <param name="source">
    /// Writes the object with <see cref="ILfsSink.WriteAsync"/>, or calls <see cref="ILfsSink.Refuse"/>. It runs on the node's token, apart
    /// from the caller, and perhaps later: when the stored object is damaged, or the fill that was joined comes to nothing.
    /// </param>
    /// <param name="isStranger">Whether a stranger wants it.</param>
    public LfsReading Open(RepositoryName repository, LfsObject lfsObject, Func<ILfsSink, Task> source, bool isStranger = false)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new OpenedReading(Find(alone: false), Find);

        LfsBytes Find(bool alone) =>
            TryFindStored(repository, lfsObject, isStranger)
            ?? (
                alone
                    ? _fills.BeginAlone(repository, lfsObject, source, isStranger)
                    : (LfsBytes)_fills.JoinOrBegin(repository, lfsObject, source, isStranger)
            );
    }

    /// <summary>Opens a reading of the stored object; null if there is none.</summary>
    public LfsReading? TryOpenStored(RepositoryName repository, LfsObject lfsObject, bool isStranger = false) =>
        TryFindStored(repository, lfsObject, isStranger) is { } stored ? new OpenedReading(stored, static _ => null) : null;

    /// <summary>The repository refers to the object. It counts if the object is stored.</summary>
    public void AddReference(RepositoryName repository, LfsObject lfsObject) => _objects.AddReference(repository, lfsObject);

    /// <summary>Begins the copy of an object on its way to the primary.</summary>
    public LfsUpload BeginUpload(RepositoryName repository, LfsObject lfsObject)
    {
        bool isWanted = IsOn && !Contains(lfsObject);
        var upload = new LfsUpload(
            this,
            repository,
            lfsObject,
            isWanted ? _objects.NewSpoolFile(lfsObject, static () => false) : null,
            _time
        );
        lock (_uploadsGate)
        {
            _uploads.Add(upload);
        }

        return upload;
    }

    /// <summary>Removes the objects that only this repository refers to. Returns their number and bytes.</summary>
    /// <exception cref="IOException">The quarantine cannot be emptied.</exception>
    public (int Count, long Bytes) RemoveAll(RepositoryName repository)
    {
        // First the sources: nothing that began before may come in after.
        _fills.Forget(repository);
        lock (_uploadsGate)
        {
            foreach (LfsUpload upload in _uploads)
            {
                upload.Forget(repository);
            }
        }

        return _objects.RemoveAll(repository);
    }

    /// <summary>The repositories that refer to stored objects, each with the bytes of these. Shared objects count for each.</summary>
    public IReadOnlyDictionary<RepositoryName, long> Repositories() => _objects.Repositories();

    /// <summary>Bytes of the stored objects that this repository refers to.</summary>
    public long BytesOf(RepositoryName repository) => _objects.BytesOf(repository);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _fills.DisposeAsync();

    /// <summary>Every object, to be read whole and compared with its checksums.</summary>
    internal IEnumerable<ScrubItem> ScrubItems() => _objects.ScrubItems();

    internal bool TryKeep(LfsObject lfsObject, GrowingFile file, TimeSpan cost, Func<IReadOnlyList<RepositoryName>> repositories) =>
        _objects.TryAdopt(lfsObject, file.File, file.Sums, cost, isOfStrangers: false, repositories);

    internal void End(LfsUpload upload)
    {
        lock (_uploadsGate)
        {
            _uploads.Remove(upload);
        }
    }

    private StoredBytes? TryFindStored(RepositoryName repository, LfsObject lfsObject, bool isStranger) =>
        _objects.TryOpen(repository, lfsObject, isStranger) is { } file ? new StoredBytes(file) : null;
}
