using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// Files of the data folder are regular files. To open a fifo waits until somebody writes to it, which nobody may ever do: such a thing
/// in the place of a file is damage like any other.
/// </summary>
internal static partial class RegularFile
{
    /// <summary>Bytes of what <c>statx</c> tells of a file.</summary>
    public const int StatusLength = 256;

    // statx(2): the structure is the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private const int ModeAt = 28;
    private const ushort KindOfFile = 0xF000;
    private const ushort Regular = 0x8000;

    /// <summary>What the file system says of a regular file; false where there is none, or it cannot be looked at.</summary>
    public static bool TryLook(string path, Span<byte> status) => Look(path, status) && IsRegular(status);

    /// <summary>The path, where it leads to a regular file or to nothing.</summary>
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
