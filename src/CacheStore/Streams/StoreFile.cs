using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Streams;

/// <summary>Opens and reads the files of the store.</summary>
internal static class StoreFile
{
    /// <summary>
    /// Fills all of <paramref name="destination"/> from <paramref name="offset"/> on. It blocks, because the runtime's asynchronous file
    /// reads are the same read on another thread, and changing threads costs as much as the read of a small piece.
    /// </summary>
    /// <exception cref="EndOfStreamException">The file is shorter.</exception>
    public static void ReadExactly(SafeFileHandle file, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("the file is shorter than expected");
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
        File.OpenHandle(
            RegularFile.At(path),
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read | FileShare.Delete,
            FileOptions.SequentialScan
        );
}
