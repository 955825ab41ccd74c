using System.Numerics;
using System.Runtime.InteropServices;
using Waystation.GitProtocol.PktLines;

namespace Waystation.CacheStore.Streams;

/// <summary>
/// CRC-32C of every block of a pack: computed while the pack is written and its trailer checked, compared before a block leaves. git's
/// own readers do not notice rot in data that they copy.
/// </summary>
public static class BlockSums
{
    /// <summary>Bytes of one block, a little under 256 KiB: with its headers it fills four packets. The last one of a pack may be
    /// shorter.</summary>
    public const int BlockLength = 4 * Sideband.MaxBandPayload;

    /// <summary>What a sum starts from.</summary>
    public const uint Seed = uint.MaxValue;

    /// <summary>Words of one lane: three of them make 6 KiB, so a packet has little beside whole rounds.</summary>
    private const int LaneWords = 256;

    /// <summary>The checksum after a lane of zeros, for each byte of a checksum. The function is linear, so the parts add up.</summary>
    private static readonly uint[] s_afterLane = AfterLane();

    /// <summary>How many blocks a pack of this many bytes has.</summary>
    public static int CountFor(long packLength) => checked((int)((packLength + BlockLength - 1) / BlockLength));

    /// <summary>The position of the first byte of the block that has this byte.</summary>
    public static long StartOfBlock(long position) => position - (position % BlockLength);

    /// <summary>Continues a running sum over more bytes.</summary>
    /// <remarks>
    /// The processor takes three cycles for each step of a checksum, and begins one in each cycle: three lanes side by side use all of
    /// them.
    /// The checksum of two parts is that of the second part, from zero, exclusive or the first checksum followed by as many zeros.
    /// </remarks>
    public static uint Append(uint sum, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        ReadOnlySpan<byte> rest = bytes[(words.Length * sizeof(ulong))..];
        while (words.Length >= 3 * LaneWords)
        {
            ReadOnlySpan<ulong> first = words[..LaneWords],
                second = words.Slice(LaneWords, LaneWords),
                third = words.Slice(2 * LaneWords, LaneWords);
            (uint middle, uint last) = (0, 0);
            for (int i = 0; i < LaneWords; i++)
            {
                sum = BitOperations.Crc32C(sum, first[i]);
                middle = BitOperations.Crc32C(middle, second[i]);
                last = BitOperations.Crc32C(last, third[i]);
            }

            sum = Shift(Shift(sum) ^ middle) ^ last;
            words = words[(3 * LaneWords)..];
        }

        foreach (ulong word in words)
        {
            sum = BitOperations.Crc32C(sum, word);
        }

        foreach (byte single in rest)
        {
            sum = BitOperations.Crc32C(sum, single);
        }

        return sum;
    }

    private static uint Shift(uint sum) =>
        s_afterLane[(byte)sum]
        ^ s_afterLane[256 + (byte)(sum >> 8)]
        ^ s_afterLane[512 + (byte)(sum >> 16)]
        ^ s_afterLane[768 + (byte)(sum >> 24)];

    private static uint[] AfterLane()
    {
        uint[] after = new uint[4 * 256];
        for (int bit = 0; bit < 32; bit++)
        {
            uint sum = 1u << bit;
            for (int i = 0; i < LaneWords; i++)
            {
                sum = BitOperations.Crc32C(sum, 0UL);
            }

            after[(256 * (bit / 8)) + (1 << (bit % 8))] = sum;
        }

        for (int i = 0; i < after.Length; i++)
        {
            int lowest = i & -i & 255;
            if (lowest != (i & 255))
            {
                after[i] = after[i - lowest] ^ after[(i & ~255) + lowest];
            }
        }

        return after;
    }
}
