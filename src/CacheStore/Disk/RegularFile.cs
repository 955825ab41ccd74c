using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// Files of the data folder are regular files. Opening a FIFO waits for a writer, which may never come. So a FIFO in the place of a file
/// counts as damage.
/// </summary>
internal static partial class RegularFile
{
    /// <summary>The length of the result of <c>statx</c>, in bytes.</summary>
    public const int StatusLength = 256;

    // statx(2): the structure is the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private const int ModeAt = 28;
    private const ushort KindOfFile = 0xF000;
    private const ushort Regular = 0x8000;

    /// <summary>Gets the status of a regular file; false if there is none or it cannot be read.</summary>
    public static bool TryLook(string path, Span<byte> status) => Look(path, status) && IsRegular(status);

    /// <summary>Returns the path if it leads to a regular file or to nothing.</summary>
    /// <exception cref="IOException">Something else is there.</exception>
    public static string At(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return Look(path, status) && !IsRegular(status) ? throw new IOException($"{Path.GetFileName(path)} is not a regular file") : path;
    }

    private static bool Look(string path, Span<byte> status) => Statx(CurrentFolder, path, 0, BasicStats, status) == 0;

    private static bool IsRegular(ReadOnlySpan<byte> status) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeAt..]) & KindOfFile) == Regular;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);
}
