using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// What a file system says of a file without its content being read. While none of it differs nobody has written to the
/// file through the file system: its last full check still holds.
/// </summary>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">Its number.</param>
/// <param name="Modified">When its content changed, in nanoseconds since 1970.</param>
/// <param name="Changed">When anything of it changed, in nanoseconds since 1970; no program can set it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly partial record struct FileStamp(long Size, ulong Inode, long Modified, long Changed)
{
    // statx(2): the structure is the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private const int StatxLength = 256;
    private const int InodeAt = 32;
    private const int SizeAt = 40;
    private const int ChangedAt = 96;
    private const int ModifiedAt = 112;

    /// <summary>The stamp of a file; null where there is none, or it cannot be looked at.</summary>
    public static FileStamp? Of(string path)
    {
        Span<byte> buffer = stackalloc byte[StatxLength];
        return Statx(CurrentFolder, path, 0, BasicStats, buffer) == 0
            ? new FileStamp(
                BinaryPrimitives.ReadInt64LittleEndian(buffer[SizeAt..]), BinaryPrimitives.ReadUInt64LittleEndian(buffer[InodeAt..]), Time(buffer[ModifiedAt..]), Time(buffer[ChangedAt..]))
            : null;
    }

    /// <summary>Reads back what <see cref="ToString"/> wrote.</summary>
    public static FileStamp? Parse(string text)
    {
        string[] parts = text.Split(' ');
        return parts.Length == 4
            && long.TryParse(parts[0], CultureInfo.InvariantCulture, out long size)
            && ulong.TryParse(parts[1], CultureInfo.InvariantCulture, out ulong inode)
            && long.TryParse(parts[2], CultureInfo.InvariantCulture, out long modified)
            && long.TryParse(parts[3], CultureInfo.InvariantCulture, out long changed)
            ? new FileStamp(size, inode, modified, changed)
            : null;
    }

    /// <summary>Four decimal numbers.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Size} {Inode} {Modified} {Changed}");

    private static long Time(ReadOnlySpan<byte> at) =>
        (BinaryPrimitives.ReadInt64LittleEndian(at) * 1_000_000_000) + BinaryPrimitives.ReadInt32LittleEndian(at[8..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);
}
