using Microsoft.Win32.SafeHandles;

namespace Waystation.CacheStore.Streams;

/// <summary>
/// A temporary file that grows. The disk may refuse at any moment (full, read-only, gone): then a method returns false, and a callback
/// counts the first refusal.
/// </summary>
/// <param name="path">A name in the data folder's temporary folder.</param>
/// <param name="tryMakeRoom">Makes room for this number of bytes more; false if the size budget or the disk reserve forbids it.</param>
/// <param name="onRefused">Called with the reason, once.</param>
internal sealed class SpoolFile(string path, Func<long, bool> tryMakeRoom, Action<string, Exception?> onRefused) : IDisposable
{
    /// <summary>The reason of a refusal by the size budget or the disk reserve.</summary>
    public const string NoRoom = "no room";

    private SafeFileHandle? _handle;
    private long _reserved;
    private bool _refused;

    public string Path => path;

    public bool TryOpen()
    {
        if (!tryMakeRoom(BlockSums.BlockLength))
        {
            return Refuse(NoRoom, null);
        }

        try
        {
            _handle = StoreFile.Create(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse("cannot create a file", e);
        }
    }

    public async ValueTask<bool> TryWriteAsync(ReadOnlyMemory<byte> bytes, long offset, CancellationToken cancellationToken)
    {
        if (_handle is null || _refused)
        {
            return false;
        }

        if (offset + bytes.Length > _reserved)
        {
            // Room grows with the file, in steps, so that neither a small pack nor a long one asks too often.
            long step = Math.Clamp(offset, BlockSums.BlockLength, 64L * BlockSums.BlockLength);
            if (!tryMakeRoom(offset + bytes.Length + step))
            {
                return Refuse(NoRoom, null);
            }

            _reserved = offset + bytes.Length + step;
        }

        try
        {
            await RandomAccess.WriteAsync(_handle, bytes, offset, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse("cannot write", e);
        }
    }

    public void Read(Span<byte> destination, long offset) =>
        StoreFile.ReadExactly(_handle ?? throw new EndOfStreamException("the file is empty"), destination, offset);

    /// <summary>Writes the bytes from the cache of the operating system to the disk; throws if that fails.</summary>
    public void FlushToDisk() => RandomAccess.FlushToDisk(_handle!);

    /// <summary>Removes the file's temporary name. Readers that have the file open go on.</summary>
    public void DeleteName()
    {
        try
        {
            if (_handle is not null)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The sweep at the next start finds it.
            Refuse("cannot delete", e);
        }
    }

    public void Dispose() => _handle?.Dispose();

    private bool Refuse(string reason, Exception? cause)
    {
        if (!_refused)
        {
            _refused = true;
            onRefused(reason, cause);
        }

        return false;
    }
}
