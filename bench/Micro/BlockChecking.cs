using BenchmarkDotNet.Attributes;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.Micro;

/// <summary>The two checks of a pack: the digest of one that comes from the primary, and the sums of its blocks, then and each time they
/// leave.</summary>
public class BlockChecking : IOperations
{
    private static readonly byte[] s_block = Inputs.Noise(BlockSums.BlockLength);

    static Operation IOperations.Describe(string method) =>
        method switch
        {
            nameof(SumBlock) => new("CRC-32C of a block", s_block.Length),
            _ => new("SHA-1 of a pack of one block, its trailer held back", s_block.Length),
        };

    [Benchmark]
    public uint SumBlock() => BlockSums.Append(BlockSums.Seed, s_block);

    [Benchmark]
    public long DigestPack()
    {
        using var check = new PackTrailerCheck(ObjectFormat.Sha1);
        check.Append(s_block);
        return check.Releasable;
    }
}
