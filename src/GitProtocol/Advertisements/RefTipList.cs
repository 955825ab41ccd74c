using System.Collections;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// The ref tips of a listing, in its order and packed: about 30 bytes for a ref with a SHA-1 and a name that begins like the one before it.
/// <code>
///   chunk   entries, as many as fit into 16 KiB
///   entry   [flags][bytes shared with the name before][further bytes of the name][these bytes][id][peeled id][target's length, target]
/// </code>
/// The first name in a chunk shares nothing, so a chunk can be read by itself. Lengths are in seven bits a byte, the lowest first. Equal
/// tips in equal order have equal chunks. A tip becomes an object when it is asked for; <see cref="Read"/> goes through all without that.
/// </summary>
public sealed class RefTipList : IReadOnlyList<RefTip>
{
    /// <summary>The bytes of a chunk; the longest entry fits into one.</summary>
    internal const int ChunkLength = 16 * 1024;

    /// <summary>The head of an array, and its place in the list of chunks.</summary>
    private const int BytesPerChunk = 40;

    /// <summary>No tips.</summary>
    public static readonly RefTipList Empty = new([], [], 0);

    private readonly byte[][] _chunks;

    /// <summary>The index of the first tip of each chunk.</summary>
    private readonly int[] _firsts;

    internal RefTipList(byte[][] chunks, int[] firsts, int count) => (_chunks, _firsts, Count) = (chunks, firsts, count);

    /// <inheritdoc />
    public int Count { get; }

    /// <summary>Bytes in memory.</summary>
    public long Bytes => _chunks.Sum(static chunk => (long)chunk.Length + BytesPerChunk);

    /// <summary>The packed tips.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chunks => [.. _chunks];

    /// <summary>Reads on from the beginning of a chunk, so it takes longer than in a list.</summary>
    public RefTip this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int chunk = Array.BinarySearch(_firsts, index);
            chunk = chunk < 0 ? ~chunk - 1 : chunk;
            var reader = new RefTipReader(_chunks, chunk);
            for (int i = _firsts[chunk]; i <= index; i++)
            {
                reader.MoveNext();
            }

            return reader.Tip;
        }
    }

    /// <summary>These tips; the same list if it is packed already.</summary>
    public static RefTipList Of(IEnumerable<RefTip> tips)
    {
        ArgumentNullException.ThrowIfNull(tips);
        if (tips is RefTipList packed)
        {
            return packed;
        }

        var builder = new RefTipListBuilder();
        foreach (RefTip tip in tips)
        {
            builder.Add(tip);
        }

        return builder.ToList();
    }

    /// <summary>Goes through all tips without making an object of each.</summary>
    public RefTipReader Read() => new(_chunks, 0);

    /// <summary>The tips with a peeled id.</summary>
    public IEnumerable<RefTip> Peeled()
    {
        RefTipReader reader = Read();
        while (reader.MoveNext())
        {
            if (reader.Peeled is not null)
            {
                yield return reader.Tip;
            }
        }
    }

    /// <inheritdoc />
    public IEnumerator<RefTip> GetEnumerator()
    {
        RefTipReader reader = Read();
        while (reader.MoveNext())
        {
            yield return reader.Tip;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
