using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// The record beside a cached pack: the repository, the sections before the packfile, and the checksum of every block. It is written
/// after the pack and renamed last, so a pack without a record was never finished.
/// </summary>
/// <remarks>
/// The file: magic, layout number, the fields in the order of this record (little-endian, lengths before texts), then
/// the CRC-32C of everything before it. A record that cannot be read exactly is damage.
/// </remarks>
internal sealed record PackRecord
{
    private const uint Magic = 0x5041_5357; // "WSAP"
    private const int Layout = 2;

    /// <summary>Guards against reading a damaged length into memory; the sums of a 1 TiB pack are 16 MiB.</summary>
    private const int MaxLength = 64 * 1024 * 1024;

    public required PackKey Key { get; init; }

    public required RepositoryName Repository { get; init; }

    public required ObjectFormat ObjectFormat { get; init; }

    public required FetchPrologue Prologue { get; init; }

    public required long PackLength { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The time that the making took: the cost of losing it.</summary>
    public required TimeSpan Cost { get; init; }

    public required uint[] Sums { get; init; }

    /// <summary>
    /// Whether a stranger brought the pack in and no known client has used it. A record of an earlier version says nothing: then it is
    /// false.
    /// </summary>
    public bool IsOfStrangers { get; init; }

    /// <summary>The clone whose pack it is, if later packs may begin with it; a record of an earlier version says nothing.</summary>
    public WholeClone? WholeClone { get; init; }

    /// <summary>The files of the pack; null if it is one file.</summary>
    public PackComposition? Composition { get; init; }

    /// <summary>Tells the bytes of this pack from those of another one with the same key.</summary>
    public uint Print =>
        BlockSums.Append(BlockSums.Append(BlockSums.Seed, MemoryMarshal.AsBytes(Sums.AsSpan())), MemoryMarshal.AsBytes<long>([PackLength]));

    public byte[] ToBytes()
    {
        var prologue = new ArrayBufferWriter<byte>();
        FetchResponseWriter.WritePrologueV2(prologue, Prologue, sidebandAll: false);

        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Magic);
            writer.Write(Layout);
            writer.Write(Key.ToString());
            writer.Write(Repository.Host);
            writer.Write(Repository.Path);
            writer.Write((byte)ObjectFormat);
            writer.Write(prologue.WrittenCount);
            writer.Write(prologue.WrittenSpan);
            writer.Write(PackLength);
            writer.Write(MadeAt.ToUnixTimeMilliseconds());
            writer.Write((long)Cost.TotalMilliseconds);
            writer.Write(Sums.Length);
            writer.Write(MemoryMarshal.AsBytes(Sums.AsSpan()));
            writer.Write(IsOfStrangers);
            WriteClone(writer);
            writer.Write(Composition is not null);
            Composition?.Write(writer);
            writer.Flush();
            writer.Write(BlockSums.Append(BlockSums.Seed, stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        }

        return stream.ToArray();
    }

    /// <summary>Reads a record back.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a whole record of this layout.</exception>
    public static PackRecord Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is < 2 * sizeof(uint) or > MaxLength)
        {
            throw new InvalidDataException("the record has a wrong length");
        }

        ReadOnlyMemory<byte> body = bytes[..^sizeof(uint)];
        if (BitConverter.ToUInt32(bytes.Span[^sizeof(uint)..]) != BlockSums.Append(BlockSums.Seed, body.Span))
        {
            throw new InvalidDataException("the record differs from its checksum");
        }

        try
        {
            return ParseBody(body);
        }
        catch (Exception e)
            when (e is EndOfStreamException or GitProtocolException or FormatException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException("the record cannot be read", e);
        }
    }

    /// <summary>Reads a record from its file.</summary>
    public static PackRecord Read(string path)
    {
        var file = new FileInfo(RegularFile.At(path));
        return file.Length > MaxLength ? throw new InvalidDataException("the record has a wrong length") : Parse(File.ReadAllBytes(path));
    }

    private static PackRecord ParseBody(ReadOnlyMemory<byte> body)
    {
        using var reader = new BinaryReader(new MemoryStream(body.ToArray()), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic || reader.ReadInt32() != Layout || !PackKey.TryParse(reader.ReadString(), out PackKey key))
        {
            throw new InvalidDataException("the record has another layout");
        }

        var repository = new RepositoryName(reader.ReadString(), reader.ReadString());
        var format = (ObjectFormat)reader.ReadByte();
        var prologueBytes = new ReadOnlySequence<byte>(reader.ReadBytes(reader.ReadInt32()));
        if (
            FetchResponseReader.TryReadPrologue(ref prologueBytes, format, sidebandAll: false, out FetchPrologue? prologue)
            != ResponseStart.Pack
        )
        {
            throw new InvalidDataException("the prologue cannot be read");
        }

        long packLength = reader.ReadInt64();
        DateTimeOffset madeAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
        TimeSpan cost = TimeSpan.FromMilliseconds(reader.ReadInt64());
        uint[] sums = new uint[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(sums.AsSpan()));
        if (packLength <= 0 || sums.Length != BlockSums.CountFor(packLength))
        {
            throw new InvalidDataException("the record has a wrong number of checksums");
        }

        bool HasMore() => reader.BaseStream.Position < reader.BaseStream.Length && reader.ReadBoolean();
        bool isOfStrangers = HasMore();
        WholeClone? clone = HasMore() ? ReadClone(reader, format) : null;
        PackComposition? composition = HasMore() ? PackComposition.Read(reader, format.DigestLength) : null;
        if (composition is not null && (composition.Length != packLength || composition.Parts[^1].Owner != key))
        {
            throw new InvalidDataException("the parts are not those of the pack");
        }

        return new PackRecord
        {
            Key = key,
            Repository = repository,
            ObjectFormat = format,
            Prologue = prologue!,
            PackLength = packLength,
            MadeAt = madeAt,
            Cost = cost,
            Sums = sums,
            IsOfStrangers = isOfStrangers,
            WholeClone = clone,
            Composition = composition,
        };
    }

    private void WriteClone(BinaryWriter writer)
    {
        writer.Write(WholeClone is not null);
        if (WholeClone is { } clone)
        {
            writer.Write(clone.Shape.ToString());
            writer.Write(clone.Wants.Count);
            byte[] raw = new byte[ObjectFormat.DigestLength];
            foreach (ObjectId want in clone.Wants)
            {
                want.CopyTo(raw);
                writer.Write(raw);
            }
        }
    }

    private static WholeClone ReadClone(BinaryReader reader, ObjectFormat format)
    {
        if (!PackKey.TryParse(reader.ReadString(), out PackKey shape))
        {
            throw new InvalidDataException("the clone has no shape");
        }

        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / format.DigestLength)
        {
            throw new InvalidDataException("the clone has a wrong number of wants");
        }

        var wants = new ObjectId[count];
        for (int i = 0; i < count; i++)
        {
            wants[i] = ObjectId.FromRaw(reader.ReadBytes(format.DigestLength));
        }

        return new WholeClone(shape, wants);
    }
}
