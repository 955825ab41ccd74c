using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The Git LFS objects of a node, by SHA-256 and shared between repositories. The store gives no permission: whoever may have an object
/// is decided before.
/// </summary>
public sealed class LfsStore(DataFolder folder, LfsOptions options)
{
    /// <summary>Whether objects are kept at all.</summary>
    public bool IsOn => options.MaxSize > 0 && folder.IsWritable;

    /// <summary>The number of objects.</summary>
    public int Count => throw new NotSupportedException();

    /// <summary>Bytes that they take.</summary>
    public long Bytes => throw new NotSupportedException();

    /// <summary>Whether the object is stored; it may be damaged.</summary>
    public bool Contains(LfsObject lfsObject) => throw new NotSupportedException();

    /// <summary>
    /// Opens a reading of the stored object (<see cref="LfsServed.Hit"/>), of the fill in progress (<see cref="LfsServed.Join"/>), or of
    /// a new fill (<see cref="LfsServed.Fill"/>).
    /// </summary>
    /// <param name="repository">The repository that refers to the object.</param>
    /// <param name="lfsObject">The object.</param>
    /// <param name="source">
    /// Writes the object with <see cref="LfsFill.WriteAsync"/>, or calls <see cref="LfsFill.Refuse"/>. It runs on the node's token, apart
    /// from the caller, and perhaps later: when the stored object is damaged, or the fill that was joined comes to nothing.
    /// </param>
    public LfsReading Open(RepositoryName repository, LfsObject lfsObject, Func<LfsFill, Task> source) => throw new NotSupportedException();

    /// <summary>Opens a reading of the stored object; null if there is none.</summary>
    public LfsReading? TryOpenStored(RepositoryName repository, LfsObject lfsObject) => throw new NotSupportedException();

    /// <summary>The repository refers to the object. It counts if the object is stored.</summary>
    public void AddReference(RepositoryName repository, LfsObject lfsObject) => throw new NotSupportedException();

    /// <summary>Begins the copy of an object on its way to the primary.</summary>
    public LfsUpload BeginUpload(RepositoryName repository, LfsObject lfsObject) => throw new NotSupportedException();

    /// <summary>Removes the objects that only this repository refers to. Returns their number and bytes.</summary>
    public (int Count, long Bytes) RemoveAll(RepositoryName repository) => throw new NotSupportedException();

    /// <summary>Bytes of the stored objects that this repository refers to.</summary>
    public long BytesOf(RepositoryName repository) => throw new NotSupportedException();
}
