using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// Composes a pack of an earlier one and an increment. It reads the earlier pack once, for the trailer and the checksums, and writes
/// nothing of it, except for its last increments while these are small:
/// <code>
///   earlier    base ............................ │ A .... │ B │ C │
///   composed   base ............................ │ A .... │ new B C │        one file for the last three
/// </code>
/// So each increment is more than twice as long as the next: a pack has few parts, and each byte is written few times.
/// </summary>
internal sealed class PackComposer(EarlierPack earlier, PackIncrement increment)
{
    /// <summary>The most increments of a pack: each is one more open file for each reader.</summary>
    private const int MaxIncrements = 16;

    /// <summary>The earlier pack and its parts, without those that are copied.</summary>
    private readonly List<PackPart> _parts = PartsOf(earlier);

    /// <summary>
    /// Appends the last increments of the earlier pack to the file of the increment.
    /// </summary>
    /// <param name="composed">The record of the composed pack, yet without its parts.</param>
    /// <param name="onDamage">Called when the earlier pack is damaged.</param>
    /// <param name="hear">Called after every block.</param>
    /// <param name="stopping">Ends it between two blocks.</param>
    /// <returns>The record of the composed pack.</returns>
    /// <exception cref="PackDamagedException">The earlier pack differs from its checksums.</exception>
    /// <exception cref="InvalidDataException">Its first block does, or the pack has too many objects.</exception>
    public async Task<PackRecord> ComposeAsync(PackRecord composed, Action<PackRecord> onDamage, Action hear, CancellationToken stopping)
    {
        long added = increment.Length + TakeSmallOnes();
        long copiedFrom = PackHeader.Length + _parts.Sum(static part => part.Length),
            end = earlier.Length - composed.ObjectFormat.DigestLength;
        uint objectCount = checked(earlier.ObjectCount + increment.ObjectCount);
        using var sums = new PackSums(composed.ObjectFormat);
        sums.Append(PackComposition.HeaderOf(objectCount));
        using SafeFileHandle file = File.OpenHandle(increment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        await using StoredPackReader reader = StoredPackReader.Open(earlier.Path, earlier.Record, onDamage);
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            long position = 0,
                written = PackHeader.Length + increment.Length;
            while (await reader.NextAsync(stopping) is { Kind: PackStepKind.Bytes } step)
            {
                stopping.ThrowIfCancellationRequested();
                hear();
                Memory<byte> bytes = block.AsMemory(0, step.Length);
                await reader.ReadAsync(bytes, stopping);
                reader.Verify();
                sums.Append(Between(bytes, position, PackHeader.Length, copiedFrom).Span);
                if (position < copiedFrom && position + bytes.Length >= copiedFrom)
                {
                    AppendFrom(file, sums);
                }

                ReadOnlyMemory<byte> copied = Between(bytes, position, copiedFrom, end);
                sums.Append(copied.Span);
                RandomAccess.Write(file, copied.Span, written);
                written += copied.Length;
                position += bytes.Length;
            }

            RandomAccess.FlushToDisk(file);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        (byte[] trailer, uint[] all) = sums.End();
        return composed with
        {
            PackLength = sums.Length,
            Sums = all,
            Composition = new PackComposition(objectCount, trailer, [.. _parts, new PackPart(composed.Key, added, 0)]),
        };
    }

    private static List<PackPart> PartsOf(EarlierPack earlier)
    {
        PackRecord record = earlier.Record;
        return record.Composition is { } composition
            ? [.. composition.Parts.SkipLast(1), composition.Parts[^1] with { Print = record.Print }]
            : [new PackPart(record.Key, record.PackLength - PackHeader.Length - record.ObjectFormat.DigestLength, record.Print)];
    }

    /// <summary>Bytes of the increments that are copied.</summary>
    private long TakeSmallOnes()
    {
        long taken = 0;
        while (_parts.Count > 1 && (_parts[^1].Length <= 2 * (increment.Length + taken) || _parts.Count > MaxIncrements))
        {
            taken += _parts[^1].Length;
            _parts.RemoveAt(_parts.Count - 1);
        }

        return taken;
    }

    /// <summary>The objects of the new increment.</summary>
    private void AppendFrom(SafeFileHandle file, PackSums sums)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockSums.BlockLength);
        try
        {
            for (long at = 0; at < increment.Length; )
            {
                Span<byte> bytes = block.AsSpan(0, (int)Math.Min(BlockSums.BlockLength, increment.Length - at));
                StoreFile.ReadExactly(file, bytes, PackHeader.Length + at);
                sums.Append(bytes);
                at += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>The bytes of a block, which begins at a position, that lie between two others.</summary>
    private static ReadOnlyMemory<byte> Between(ReadOnlyMemory<byte> block, long position, long from, long to)
    {
        long first = Math.Clamp(from - position, 0, block.Length),
            last = Math.Clamp(to - position, first, block.Length);
        return block[(int)first..(int)last];
    }
}
