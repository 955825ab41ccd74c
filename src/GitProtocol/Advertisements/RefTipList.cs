using System.Collections;
using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// The ref tips of a listing, in its order and packed: about 30 bytes for a ref with a SHA-1 and a name that begins like the one before it.
/// <code>
///   chunk   entries, 16 KiB at most; some names begin a new one
///   entry   [flags][bytes shared with the name before][further bytes of the name][these bytes][id][peeled id][target's length, target]
/// </code>
/// The first name in a chunk shares nothing, so a chunk can be read by itself. Lengths are in seven bits a byte, the lowest first. Equal
/// tips in equal order have equal chunks. Because names begin chunks, a ref that comes or goes changes one or two of them, and the next
/// listing has the others from the last one. A tip becomes an object when it is asked for; <see cref="Read"/> goes through all without
/// that.
/// </summary>
public sealed class RefTipList : IReadOnlyList<RefTip>
{
    /// <summary>The bytes of a chunk; the longest entry fits into one.</summary>
    internal const int ChunkLength = 16 * 1024;

    /// <summary>The head of an array, and its place in the list of chunks.</summary>
    private const int BytesPerChunk = 40;

    /// <summary>No tips.</summary>
    public static readonly RefTipList Empty = new([], [], 0, isSorted: true);

    private readonly byte[][] _chunks;

    /// <summary>The index of the first tip of each chunk.</summary>
    private readonly int[] _firsts;

    private byte[]? _tagsDigest;

    internal RefTipList(byte[][] chunks, int[] firsts, int count, bool isSorted) =>
        (_chunks, _firsts, Count, IsSorted) = (chunks, firsts, count, isSorted);

    /// <inheritdoc />
    public int Count { get; }

    /// <summary>Whether each name comes after the one before it, byte by byte, as git lists refs.</summary>
    public bool IsSorted { get; }

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

    /// <summary>The tip of this name in a sorted list; null if there is none. It reads one chunk.</summary>
    /// <exception cref="InvalidOperationException">The list is not sorted.</exception>
    public RefTip? Find(ReadOnlySpan<byte> name)
    {
        if (!IsSorted)
        {
            throw new InvalidOperationException("the list is not sorted");
        }

        int at = ChunkOf(name);
        if (at < 0)
        {
            return null;
        }

        var reader = new RefTipReader(_chunks, at);
        for (int left = (at + 1 < _firsts.Length ? _firsts[at + 1] : Count) - _firsts[at]; left > 0; left--)
        {
            reader.MoveNext();
            int order = reader.Name.SequenceCompareTo(name);
            if (order >= 0)
            {
                return order == 0 ? reader.Tip : null;
            }
        }

        return null;
    }

    /// <summary>The equal chunk of this list, which is sorted; null if there is none.</summary>
    internal byte[]? FindEqual(ReadOnlySpan<byte> chunk)
    {
        int at = IsSorted ? ChunkOf(RefTipReader.FirstName(chunk)) : -1;
        return at >= 0 && chunk.SequenceEqual(_chunks[at]) ? _chunks[at] : null;
    }

    /// <summary>The index of the chunk of a sorted list that has this name, if any has; -1 if the name comes before all.</summary>
    private int ChunkOf(ReadOnlySpan<byte> name)
    {
        int from = 0,
            to = _chunks.Length;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (RefTipReader.FirstName(_chunks[middle]).SequenceCompareTo(name) <= 0)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from - 1;
    }

    /// <summary>Goes through all tips without making an object of each.</summary>
    public RefTipReader Read() => new(_chunks, 0);

    /// <summary>The tips with a peeled id, without an object for any other.</summary>
    public IEnumerable<RefTip> Peeled()
    {
        RefTipReader reader = Read();
        while (reader.MoveNext())
        {
            if (!reader.RawPeeled.IsEmpty)
            {
                yield return reader.Tip;
            }
        }
    }

    /// <summary>The ids, without an object for each.</summary>
    public IEnumerable<ObjectId> Ids()
    {
        RefTipReader reader = Read();
        while (reader.MoveNext())
        {
            yield return reader.Id;
        }
    }

    /// <summary>The SHA-256 of the annotated tags (id and peeled id), in the order of their ids; a response with include-tag depends on
    /// it.</summary>
    public byte[] TagsDigest() => _tagsDigest ??= DigestTags();

    private byte[] DigestTags()
    {
        List<(ObjectId Id, ObjectId Peeled)> tags = [];
        RefTipReader reader = Read();
        while (reader.MoveNext())
        {
            if (reader.IsAnnotatedTag)
            {
                tags.Add((reader.Id, reader.Peeled!.Value));
            }
        }

        tags.Sort(static (one, other) => one.Id.CompareTo(other.Id));
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> raw = stackalloc byte[SHA256.HashSizeInBytes];
        foreach ((ObjectId id, ObjectId peeled) in tags)
        {
            Append(hash, id, raw);
            Append(hash, peeled, raw);
        }

        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, ObjectId id, Span<byte> raw)
    {
        id.CopyTo(raw);
        hash.AppendData(raw[..id.Format.DigestLength]);
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
