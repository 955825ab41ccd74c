using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Tests;

public sealed class BlockSumsTests
{
    [Fact]
    public void Append_IsCrc32C_WhenTheLastXorIsAdded() =>
        Assert.Equal(0xE3069283u, BlockSums.Append(BlockSums.Seed, "123456789"u8) ^ uint.MaxValue);

    [Fact]
    public void Append_GivesTheSameSum_WhereverTheBytesAreSplit()
    {
        byte[] bytes = PackBytes.Make(100);
        uint whole = BlockSums.Append(BlockSums.Seed, bytes);
        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                uint sum = BlockSums.Append(BlockSums.Seed, bytes.AsSpan(0, first));
                sum = BlockSums.Append(sum, bytes.AsSpan(first, second - first));
                Assert.Equal(whole, BlockSums.Append(sum, bytes.AsSpan(second)));
            }
        }
    }

    /// <summary>Long inputs are summed in lanes that are put together again: that must not show.</summary>
    [Theory]
    [InlineData(6_143)]
    [InlineData(6_144)]
    [InlineData(6_151)]
    [InlineData(2 * 6_144)]
    [InlineData(65_515)]
    [InlineData(BlockSums.BlockLength)]
    public void LongInput_HasTheSumOfItsBytesOneByOne(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        uint sum = BlockSums.Seed;
        foreach (byte single in bytes)
        {
            sum ^= single;
            for (int bit = 0; bit < 8; bit++)
            {
                // The polynomial of CRC-32C, reflected (RFC 3720, appendix B.4).
                sum = (sum >> 1) ^ ((sum & 1) * 0x82F63B78u);
            }
        }

        Assert.Equal(sum, BlockSums.Append(BlockSums.Seed, bytes));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(BlockSums.BlockLength, 1)]
    [InlineData(BlockSums.BlockLength + 1, 2)]
    [InlineData((long)BlockSums.BlockLength << 22, 1 << 22)]
    public void CountFor_CountsTheShortLastBlock_WhenThereIsOne(long length, int blocks) =>
        Assert.Equal(blocks, BlockSums.CountFor(length));
}
