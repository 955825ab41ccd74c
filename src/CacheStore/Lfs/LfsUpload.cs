namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The copy of an object on its way to the primary. It is in no index, and a temporary file, until <see cref="TryKeep"/>.
/// </summary>
public sealed class LfsUpload : IDisposable
{
    internal LfsUpload() { }

    /// <summary>Takes the next bytes. It never fails: a copy that the disk refuses is given up.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException();

    /// <summary>All bytes have passed: true if they are the object, and on disk.</summary>
    public Task<bool> CompleteAsync() => throw new NotSupportedException();

    /// <summary>The primary has accepted the object, and has verified it: the copy is stored. False if there is no whole copy.</summary>
    public bool TryKeep() => throw new NotSupportedException();

    /// <summary>Deletes a copy that was not kept.</summary>
    public void Dispose() { }
}
