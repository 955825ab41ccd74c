using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// What a pack is composed of, where it is not one file:
/// <code>
///   header, 12 bytes   from here: the number of all objects
///   objects            of the base, a whole pack: its file without header and trailer
///   objects            of each increment
///   trailer            from here
/// </code>
/// Deltas hold wherever the objects of one part lie, because an offset counts from the delta back to its base within the same part, and
/// bases in other parts are named by their ids.
/// </summary>
/// <param name="ObjectCount">The number of objects.</param>
/// <param name="Trailer">The digest of all that is before.</param>
/// <param name="Parts">The base, earlier increments, and last the increment of this very pack.</param>
internal sealed record PackComposition(uint ObjectCount, byte[] Trailer, IReadOnlyList<PackPart> Parts)
{
    /// <summary>Guards against reading a damaged number; there are never more than a few.</summary>
    private const int MaxParts = 1_024;

    /// <summary>Bytes of the whole pack.</summary>
    public long Length => PackHeader.Length + Parts.Sum(static part => part.Length) + Trailer.Length;

    /// <summary>Bytes of all increments.</summary>
    public long IncrementLength => Parts.Skip(1).Sum(static part => part.Length);

    /// <summary>The header of the pack.</summary>
    public byte[] ToHeader() => HeaderOf(ObjectCount);

    /// <summary>The header of a pack with so many objects.</summary>
    public static byte[] HeaderOf(uint objectCount)
    {
        byte[] header = new byte[PackHeader.Length];
        "PACK"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), objectCount);
        return header;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(ObjectCount);
        writer.Write(Trailer.Length);
        writer.Write(Trailer);
        writer.Write(Parts.Count);
        foreach (PackPart part in Parts)
        {
            writer.Write(part.Owner.ToString());
            writer.Write(part.Length);
            writer.Write(part.Print);
        }
    }

    /// <exception cref="InvalidDataException">The bytes are no composition.</exception>
    public static PackComposition Read(BinaryReader reader, int digestLength)
    {
        uint objectCount = reader.ReadUInt32();
        int trailerLength = reader.ReadInt32();
        if (trailerLength != digestLength)
        {
            throw new InvalidDataException("the trailer has a wrong length");
        }

        byte[] trailer = reader.ReadBytes(trailerLength);
        int count = reader.ReadInt32();
        if (count is < 2 or > MaxParts)
        {
            throw new InvalidDataException("the pack has a wrong number of parts");
        }

        var parts = new PackPart[count];
        for (int i = 0; i < count; i++)
        {
            if (!PackKey.TryParse(reader.ReadString(), out PackKey owner))
            {
                throw new InvalidDataException("a part has no key");
            }

            parts[i] = new PackPart(owner, reader.ReadInt64(), reader.ReadUInt32());
        }

        return new PackComposition(objectCount, trailer, parts);
    }
}

/// <summary>Objects that lie in the file of one kept pack, after its header.</summary>
/// <param name="Owner">The pack.</param>
/// <param name="Length">Bytes of the objects.</param>
/// <param name="Print">The <see cref="PackRecord.Print"/> of the owner: a pack that was made again may have other bytes. 0 for the pack
/// itself.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PackPart(PackKey Owner, long Length, uint Print);
