using System.Buffers.Binary;
using System.Text;

namespace Waystation.CacheStore.Mirrors.Snapshots;

/// <summary>
/// Writes the header of a regular file in a tar (POSIX.1-1988, "ustar"). The framework's own writer copies the content itself, through a
/// buffer; here the content goes from the file into the output's own memory.
/// </summary>
internal static class TarHeader
{
    /// <summary>Bytes of a header, and of the blocks that content is padded to.</summary>
    public const int BlockLength = 512;

    /// <summary>Bytes of the two empty blocks that end a tar.</summary>
    public const int EndLength = 2 * BlockLength;

    private const int NameLength = 100;
    private const int ModeAt = 100;
    private const int OwnerAt = 108;
    private const int GroupAt = 116;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TimeAt = 136;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;
    private const int TypeAt = 156;
    private const int MagicAt = 257;

    /// <summary>The largest size that eleven octal digits hold.</summary>
    private const long MaxOctalSize = (1L << 33) - 1;

    /// <summary>Bytes that a file of this length takes: its header, its content, and zeros up to the next block.</summary>
    public static long LengthOf(long contentLength) => BlockLength + contentLength + PaddingOf(contentLength);

    /// <summary>Zeros after content of this length.</summary>
    public static int PaddingOf(long contentLength) => (int)(-contentLength & (BlockLength - 1));

    /// <summary>Writes a header.</summary>
    /// <param name="block">Gets it: <see cref="BlockLength"/> bytes.</param>
    /// <param name="name">The name: ASCII, at most 100 bytes.</param>
    /// <param name="contentLength">The length of the content.</param>
    public static void Write(Span<byte> block, string name, long contentLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, NameLength);
        block = block[..BlockLength];
        block.Clear();
        Encoding.ASCII.GetBytes(name, block);
        WriteOctal(block.Slice(ModeAt, 8), 0b100_100_100);
        WriteOctal(block.Slice(OwnerAt, 8), 0);
        WriteOctal(block.Slice(GroupAt, 8), 0);
        WriteSize(block.Slice(SizeAt, SizeLength), contentLength);
        WriteOctal(block.Slice(TimeAt, 12), 0);
        block[TypeAt] = (byte)'0';
        "ustar\000"u8.CopyTo(block[MagicAt..]);

        // The sum is taken with spaces in its own place.
        block.Slice(ChecksumAt, ChecksumLength).Fill((byte)' ');
        int sum = 0;
        foreach (byte one in block)
        {
            sum += one;
        }

        WriteOctal(block.Slice(ChecksumAt, ChecksumLength - 1), sum);
    }

    /// <summary>Larger sizes are binary with the highest bit set, as GNU tar writes them and all tars of today read them.</summary>
    private static void WriteSize(Span<byte> field, long size)
    {
        if (size <= MaxOctalSize)
        {
            WriteOctal(field, size);
            return;
        }

        field[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(field[^sizeof(long)..], size);
    }

    /// <summary>Digits with leading zeros, and a zero byte.</summary>
    private static void WriteOctal(Span<byte> field, long value)
    {
        string digits = Convert.ToString(value, toBase: 8).PadLeft(field.Length - 1, '0');
        Encoding.ASCII.GetBytes(digits, field);
    }
}
