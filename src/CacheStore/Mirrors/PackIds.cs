using System.Buffers.Binary;
using System.Collections;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The ids of all objects of a pack, as its index has them (gitformat-pack, "Version 2 pack-*.idx files"), and a mark for each that was
/// seen.
/// </summary>
internal sealed class PackIds
{
    private const uint Magic = 0xFF74_4F63;
    private const uint Version = 2;
    private const int FanoutOffset = 8;
    private const int NamesOffset = FanoutOffset + (256 * sizeof(uint));

    private readonly byte[] _names;
    private readonly int _width;
    private readonly BitArray _seen;

    private PackIds(byte[] names, int width)
    {
        _names = names;
        _width = width;
        _seen = new BitArray(names.Length / width);
    }

    /// <summary>The number of objects of a pack.</summary>
    /// <exception cref="InvalidDataException">The file is no index that git writes.</exception>
    public static long CountOf(string index)
    {
        using FileStream file = File.OpenRead(index);
        return CountOf(file);
    }

    /// <inheritdoc cref="CountOf(string)"/>
    public static PackIds Read(string index, ObjectFormat format)
    {
        using FileStream file = File.OpenRead(index);
        byte[] names = new byte[CountOf(file) * format.DigestLength];
        file.ReadExactly(names);
        return new PackIds(names, format.DigestLength);
    }

    public bool Contains(ObjectId id) => Find(id) >= 0;

    public IEnumerable<ObjectId> All()
    {
        for (int at = 0; at < _seen.Count; at++)
        {
            yield return ObjectId.FromRaw(NameAt(at));
        }
    }

    /// <summary>Marks an object; an object that the pack does not have is ignored.</summary>
    public void See(ObjectId id)
    {
        if (Find(id) is >= 0 and int at)
        {
            _seen[at] = true;
        }
    }

    public IEnumerable<ObjectId> Unseen()
    {
        for (int at = 0; at < _seen.Count; at++)
        {
            if (!_seen[at])
            {
                yield return ObjectId.FromRaw(NameAt(at));
            }
        }
    }

    private static long CountOf(FileStream file)
    {
        Span<byte> head = stackalloc byte[NamesOffset];
        file.ReadExactly(head);
        return BinaryPrimitives.ReadUInt32BigEndian(head) == Magic && BinaryPrimitives.ReadUInt32BigEndian(head[sizeof(uint)..]) == Version
            ? BinaryPrimitives.ReadUInt32BigEndian(head[^sizeof(uint)..])
            : throw new InvalidDataException("the index of a pack is not of version 2");
    }

    /// <summary>The names are sorted.</summary>
    private int Find(ObjectId id)
    {
        Span<byte> raw = stackalloc byte[_width];
        if (id.Format.DigestLength != _width)
        {
            return -1;
        }

        id.CopyTo(raw);
        int low = 0,
            high = _seen.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = raw.SequenceCompareTo(NameAt(middle));
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }

        return -1;
    }

    private ReadOnlySpan<byte> NameAt(int at) => _names.AsSpan(at * _width, _width);
}
