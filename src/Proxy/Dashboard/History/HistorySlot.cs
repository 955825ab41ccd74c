using System.Buffers.Binary;
using System.Numerics;

namespace Waystation.Proxy.Dashboard.History;

/// <summary>
/// One minute of the history as it lies on disk. A slot that a crash or the disk has damaged does not fit its checksum and counts as empty.
/// <code>
///   0    8 bytes   the minute, counted from 1970; 0 in an empty slot
///   8    30 × 8    the numbers (<see cref="HistoryMeasure"/>)
///   248  4 bytes   zero
///   252  4 bytes   CRC-32C of all before
/// </code>
/// Numbers are little-endian.
/// </summary>
internal static class HistorySlot
{
    /// <summary>Bytes of a slot.</summary>
    public const int Size = 256;

    /// <summary>The numbers of a slot.</summary>
    public const int Places = 30;

    private const int Checked = Size - sizeof(uint);

    /// <summary>Writes a minute.</summary>
    public static void Write(Span<byte> slot, HistoryMinute minute)
    {
        slot[..Size].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(slot, minute.Minute);
        for (int place = 0; place < Places; place++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(slot[(8 + (place * 8))..], minute.Numbers[place]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(slot[Checked..], ChecksumOf(slot[..Checked]));
    }

    /// <summary>Reads a minute; null if the slot is empty or damaged, or holds what cannot be.</summary>
    public static HistoryMinute? Read(ReadOnlySpan<byte> slot)
    {
        long minute = BinaryPrimitives.ReadInt64LittleEndian(slot);
        if (minute <= 0 || BinaryPrimitives.ReadUInt32LittleEndian(slot[Checked..]) != ChecksumOf(slot[..Checked]))
        {
            return null;
        }

        long[] numbers = new long[Places];
        for (int place = 0; place < Places; place++)
        {
            numbers[place] = BinaryPrimitives.ReadInt64LittleEndian(slot[(8 + (place * 8))..]);
            if (numbers[place] < 0)
            {
                return null;
            }
        }

        return new HistoryMinute(minute, numbers);
    }

    /// <summary>The CRC-32C of bytes whose number is a multiple of four.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        for (; bytes.Length >= sizeof(uint); bytes = bytes[sizeof(uint)..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        }

        return ~sum;
    }
}
