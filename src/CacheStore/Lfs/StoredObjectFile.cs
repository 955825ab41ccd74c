using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Lfs;

/// <summary>A stored object that is open. Each block is compared with its checksum before it leaves.</summary>
internal sealed class StoredObjectFile(SafeFileHandle file, StoredObject stored, Action<StoredObject, string> onDamage) : IDisposable
{
    public StoredObject Stored => stored;

    /// <summary>Bytes of one block.</summary>
    public int LengthOf(int block) => (int)Math.Min(BlockSums.BlockLength, stored.Object.Size - ((long)block * BlockSums.BlockLength));

    /// <summary>Reads a whole block and compares it with its checksum. Returns its length.</summary>
    /// <exception cref="LfsBrokenException">It differs, or cannot be read. The object is quarantined.</exception>
    public int ReadBlock(int block, Span<byte> destination)
    {
        int length = LengthOf(block);
        uint sum = BlockSums.Seed;
        Read(block, 0, destination[..length], ref sum);
        Compare(block, sum);
        return length;
    }

    /// <summary>Reads a part of a block, and continues the sum of the block.</summary>
    /// <exception cref="LfsBrokenException">It cannot be read. The object is quarantined.</exception>
    public void Read(int block, int offset, Span<byte> destination, ref uint sum)
    {
        try
        {
            StoreFile.ReadExactly(file, destination, ((long)block * BlockSums.BlockLength) + offset);
        }
        catch (IOException e)
        {
            onDamage(stored, e.Message);
            throw new LfsBrokenException($"a block of the LFS object {stored.Object.Id} cannot be read", e);
        }

        sum = BlockSums.Append(sum, destination);
    }

    /// <summary>Compares the sum of all of a block with the stored one.</summary>
    /// <exception cref="LfsBrokenException">It differs. The object is quarantined.</exception>
    public void Compare(int block, uint sum)
    {
        if (sum != stored.Sums[block])
        {
            onDamage(stored, $"block {block} differs from its checksum");
            throw new LfsBrokenException($"block {block} of the LFS object {stored.Object.Id} differs from its checksum");
        }
    }

    public void Dispose() => file.Dispose();
}
