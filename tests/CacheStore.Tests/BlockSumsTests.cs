using Waystation.CacheStore.Packs;

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

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(BlockSums.BlockLength, 1)]
    [InlineData(BlockSums.BlockLength + 1, 2)]
    [InlineData(1L << 40, 1 << 22)]
    public void CountFor_CountsTheShortLastBlock_WhenThereIsOne(long length, int blocks) =>
        Assert.Equal(blocks, BlockSums.CountFor(length));
}
