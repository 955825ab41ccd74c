using System.Runtime.InteropServices;

namespace Waystation.CacheStore.Streams;

/// <summary>The position of one reading in a pack, and the running checksum of its block. A mutable struct: keep it in a
/// field.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct BlockCheck
{
    private uint _sum;
    private int _inBlock;

    public BlockCheck()
        : this(0) { }

    /// <summary>A reading that begins at the start of a block.</summary>
    public BlockCheck(long position)
    {
        if (position % BlockSums.BlockLength != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, "a block does not begin here");
        }

        _sum = BlockSums.Seed;
        Position = position;
    }

    public long Position { get; private set; }

    public readonly int LeftInBlock => BlockSums.BlockLength - _inBlock;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _sum = BlockSums.Append(_sum, bytes);
        _inBlock += bytes.Length;
        Position += bytes.Length;
    }

    /// <summary>At the end of a block: which block it was and its sum, and the next one begins.</summary>
    public bool TryEndBlock(bool atEnd, out int block, out uint sum)
    {
        block = (int)((Position - 1) / BlockSums.BlockLength);
        sum = _sum;
        if (_inBlock == 0 || (_inBlock < BlockSums.BlockLength && !atEnd))
        {
            return false;
        }

        _sum = BlockSums.Seed;
        _inBlock = 0;
        return true;
    }
}
