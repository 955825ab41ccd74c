using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// Entries as bytes: magic, length of the body, body, and the CRC-32C of all that. Numbers are little-endian, lengths stand before texts.
/// The magic names the layout, and is where a reader goes on after damage.
/// </summary>
internal static class ObjectLogCodec
{
    private const int MagicLength = 4;
    private const int HeadLength = MagicLength + sizeof(int);
    private const int SumLength = sizeof(uint);

    /// <summary>Guards against reading a damaged length into memory. The sums of a 1 TiB object are 16 MiB.</summary>
    private const int MaxBody = 64 * 1024 * 1024;

    private static ReadOnlySpan<byte> Magic => "WSL1"u8;

    private enum Kind : byte
    {
        Stored = 1,
        Referred = 2,
        Removed = 3,
        Purged = 4,
    }

    public static byte[] ToBytes(ObjectLogEntry entry)
    {
        using var stream = new MemoryStream();
        stream.Write(Magic);
        stream.Write(stackalloc byte[sizeof(int)]);
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            WriteBody(writer, entry);
        }

        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(stream.GetBuffer().AsSpan(MagicLength), (int)stream.Length - HeadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(
            number,
            BlockSums.Append(BlockSums.Seed, stream.GetBuffer().AsSpan(0, (int)stream.Length))
        );
        stream.Write(number);
        return stream.ToArray();
    }

    /// <summary>Takes the next entry that reads back, and skips damage. False at the end.</summary>
    public static bool TryRead(ref ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ObjectLogEntry? entry)
    {
        entry = null;
        while (bytes.Span.IndexOf(Magic) is >= 0 and var start)
        {
            bytes = bytes[start..];
            if (TryReadHere(bytes, out entry, out int length))
            {
                bytes = bytes[length..];
                return true;
            }

            bytes = bytes[1..];
        }

        bytes = default;
        return false;
    }

    private static bool TryReadHere(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ObjectLogEntry? entry, out int length)
    {
        (entry, length) = (null, 0);
        if (bytes.Length < HeadLength + SumLength)
        {
            return false;
        }

        int body = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[MagicLength..]);
        if (body is < 0 or > MaxBody || bytes.Length < HeadLength + body + SumLength)
        {
            return false;
        }

        length = HeadLength + body + SumLength;
        ReadOnlySpan<byte> summed = bytes.Span[..(length - SumLength)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[summed.Length..]) != BlockSums.Append(BlockSums.Seed, summed))
        {
            return false;
        }

        try
        {
            entry = ReadBody(bytes.Slice(HeadLength, body));
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private static void WriteBody(BinaryWriter writer, ObjectLogEntry entry)
    {
        switch (entry)
        {
            case ObjectLogEntry.Stored { Object: var stored }:
                writer.Write((byte)Kind.Stored);
                WriteId(writer, stored.Object.Id);
                writer.Write(stored.Object.Size);
                writer.Write(stored.StoredAt.ToUnixTimeMilliseconds());
                writer.Write((long)stored.Cost.TotalMilliseconds);
                writer.Write(MemoryMarshal.AsBytes(stored.Sums.AsSpan()));
                writer.Write(stored.Repositories.Count);
                foreach (RepositoryName repository in stored.Repositories)
                {
                    WriteName(writer, repository);
                }

                writer.Write(stored.IsOfStrangers);
                break;
            case ObjectLogEntry.Referred referred:
                writer.Write((byte)Kind.Referred);
                WriteId(writer, referred.Id);
                WriteName(writer, referred.Repository);
                break;
            case ObjectLogEntry.Removed removed:
                writer.Write((byte)Kind.Removed);
                WriteId(writer, removed.Id);
                break;
            case ObjectLogEntry.Purged purged:
                writer.Write((byte)Kind.Purged);
                WriteName(writer, purged.Repository);
                break;
        }
    }

    private static ObjectLogEntry ReadBody(ReadOnlyMemory<byte> body)
    {
        MemoryMarshal.TryGetArray(body, out ArraySegment<byte> segment);
        using var reader = new BinaryReader(new MemoryStream(segment.Array!, segment.Offset, segment.Count), Encoding.UTF8);
        return (Kind)reader.ReadByte() switch
        {
            Kind.Stored => new ObjectLogEntry.Stored(ReadStored(reader)),
            Kind.Referred => new ObjectLogEntry.Referred(ReadId(reader), ReadName(reader)),
            Kind.Removed => new ObjectLogEntry.Removed(ReadId(reader)),
            Kind.Purged => new ObjectLogEntry.Purged(ReadName(reader)),
            _ => throw new InvalidDataException("an unknown kind of entry"),
        };
    }

    private static StoredObject ReadStored(BinaryReader reader)
    {
        var stored = new LfsObject(ReadId(reader), reader.ReadInt64());
        DateTimeOffset storedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        TimeSpan cost = TimeSpan.FromMilliseconds(reader.ReadInt64());
        if (stored.Size < 0 || BlockSums.CountFor(stored.Size) > MaxBody / sizeof(uint))
        {
            throw new InvalidDataException("a wrong length");
        }

        uint[] sums = new uint[BlockSums.CountFor(stored.Size)];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(sums.AsSpan()));
        var repositories = new List<RepositoryName>();
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            repositories.Add(ReadName(reader));
        }

        // An entry of an earlier version ends here.
        bool isOfStrangers = reader.BaseStream.Position < reader.BaseStream.Length && reader.ReadBoolean();
        return new StoredObject(stored, storedAt, cost, sums, repositories, isOfStrangers);
    }

    private static void WriteId(BinaryWriter writer, LfsObjectId id)
    {
        Span<byte> raw = stackalloc byte[LfsObjectId.RawLength];
        id.CopyTo(raw);
        writer.Write(raw);
    }

    private static LfsObjectId ReadId(BinaryReader reader)
    {
        Span<byte> raw = stackalloc byte[LfsObjectId.RawLength];
        reader.BaseStream.ReadExactly(raw);
        return LfsObjectId.FromRaw(raw);
    }

    private static void WriteName(BinaryWriter writer, RepositoryName name)
    {
        writer.Write(name.Host);
        writer.Write(name.Path);
    }

    private static RepositoryName ReadName(BinaryReader reader) => new(reader.ReadString(), reader.ReadString());
}
