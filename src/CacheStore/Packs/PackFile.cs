using Microsoft.Win32.SafeHandles;

namespace Waystation.CacheStore.Packs;

/// <summary>The two ways in which pack bytes touch the disk.</summary>
internal static class PackFile
{
    /// <summary>Fills all of <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="EndOfStreamException">The file is shorter.</exception>
    public static async ValueTask ReadExactlyAsync(SafeFileHandle file, Memory<byte> destination, long offset, CancellationToken cancellationToken)
    {
        while (!destination.IsEmpty)
        {
            int read = await RandomAccess.ReadAsync(file, destination, offset, cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException("the file is shorter than it was");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    /// <summary>Opens a new file that others may read while it grows.</summary>
    public static SafeFileHandle Create(string path) =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);

    /// <summary>Opens a finished file for reading.</summary>
    public static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous | FileOptions.SequentialScan);
}
