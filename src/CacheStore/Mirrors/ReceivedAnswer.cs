using System.Buffers;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Packs that came into a mirror one after another, as one pack that answers a fetch. The caller reads the mirror.</summary>
public sealed class ReceivedAnswer
{
    private readonly IReadOnlyList<ReceivedPack> _packs;

    /// <param name="packs">The packs, the oldest first; one or more.</param>
    internal ReceivedAnswer(IReadOnlyList<ReceivedPack> packs) => _packs = packs;

    /// <summary>Reads the packs and compares them with their trailers; false if one has gone, or is damaged.</summary>
    public async Task<bool> IsSoundAsync(CancellationToken cancellationToken)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            foreach (ReceivedPack pack in _packs)
            {
                if (!await pack.IsSoundAsync(block, cancellationToken))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Writes the one pack.</summary>
    /// <param name="write">Takes the next bytes; they are valid until it is done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">A file has gone.</exception>
    public async Task WriteAsync(Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var sums = new PackSums(_packs[0].Format);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            await WriteAsync(PackComposition.HeaderOf((uint)_packs.Sum(static pack => pack.Objects.Count)));
            foreach (ReceivedPack pack in _packs)
            {
                await foreach (ReadOnlyMemory<byte> piece in pack.ReadAsync(block, cancellationToken))
                {
                    await WriteAsync(piece);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        await write(new ReadOnlySequence<byte>(sums.End().Trailer), cancellationToken);

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            sums.Append(bytes.Span);
            await write(new ReadOnlySequence<byte>(bytes), cancellationToken);
        }
    }
}
