using System.Numerics;
using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// CRC-32C of every 256 KiB of a pack: made while the pack is written and its trailer checked, compared before a block
/// leaves again. git's own readers do not notice rot in what they copy; this does.
/// </summary>
public static class BlockSums
{
    /// <summary>Bytes of one block; the last one of a pack may be shorter.</summary>
    public const int BlockLength = 256 * 1024;

    /// <summary>What a sum starts from.</summary>
    public const uint Seed = uint.MaxValue;

    /// <summary>How many blocks a pack of this many bytes has.</summary>
    public static int CountFor(long packLength) => checked((int)((packLength + BlockLength - 1) / BlockLength));

    /// <summary>Continues a running sum over more bytes.</summary>
    public static uint Append(uint sum, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            sum = BitOperations.Crc32C(sum, word);
        }

        foreach (byte last in bytes[(words.Length * sizeof(ulong))..])
        {
            sum = BitOperations.Crc32C(sum, last);
        }

        return sum;
    }
}
