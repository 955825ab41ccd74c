namespace Waystation.CacheStore.Packs;

/// <summary>
/// The objects that a pack has beside those of an earlier one, in a temporary file: a pack's header and the objects. Disposal deletes the
/// file, unless it was moved.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="objectCount">The number of objects.</param>
/// <param name="length">Bytes of the objects.</param>
public sealed class PackIncrement(string path, uint objectCount, long length) : IDisposable
{
    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The number of objects.</summary>
    public uint ObjectCount => objectCount;

    /// <summary>Bytes of the objects.</summary>
    public long Length => length;

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary: swept at the next start.
        }
    }
}
