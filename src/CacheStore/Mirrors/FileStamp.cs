using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The file system's data about a file, without its content. While none of it changes, no process has written to the file through the
/// file system, so its last full check still holds.
/// </summary>
/// <param name="Size">The length in bytes.</param>
/// <param name="Inode">The inode number.</param>
/// <param name="Modified">The time of the last change of the content, in nanoseconds since 1970.</param>
/// <param name="Changed">The time of the last change of anything, in nanoseconds since 1970; no program can set it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileStamp(long Size, ulong Inode, long Modified, long Changed)
{
    // statx(2).
    private const int InodeAt = 32;
    private const int SizeAt = 40;
    private const int ChangedAt = 96;
    private const int ModifiedAt = 112;

    /// <summary>The stamp of a regular file; null if there is none or it cannot be read.</summary>
    public static FileStamp? Of(string path)
    {
        Span<byte> status = stackalloc byte[RegularFile.StatusLength];
        return RegularFile.TryLook(path, status)
            ? new FileStamp(
                BinaryPrimitives.ReadInt64LittleEndian(status[SizeAt..]),
                BinaryPrimitives.ReadUInt64LittleEndian(status[InodeAt..]),
                Time(status[ModifiedAt..]),
                Time(status[ChangedAt..])
            )
            : null;
    }

    /// <summary>Parses the text that <see cref="ToString"/> wrote.</summary>
    public static FileStamp? Parse(string text)
    {
        string[] parts = text.Split(' ');
        return
            parts.Length == 4
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
}
