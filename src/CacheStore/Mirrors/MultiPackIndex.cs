using System.Buffers.Binary;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors;

/// <summary>What is read here of a multi-pack-index (gitformat-pack, "multi-pack-index (MIDX) files have the following format").</summary>
internal static class MultiPackIndex
{
    private const uint Magic = 0x4D49_4458; // "MIDX"
    private const uint FanoutChunk = 0x4F49_4446; // "OIDF"
    private const int HeaderLength = 12;
    private const int ChunkCountOffset = 6;
    private const int EntryLength = sizeof(uint) + sizeof(ulong);
    private const int FanoutLength = 256 * sizeof(uint);

    /// <summary>How many objects the packs have that it is of, each counted once.</summary>
    /// <exception cref="InvalidDataException">It does not read back.</exception>
    public static long CountOf(string path)
    {
        using FileStream file = File.OpenRead(RegularFile.At(path));
        Span<byte> header = stackalloc byte[HeaderLength],
            entry = stackalloc byte[EntryLength];
        file.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) == Magic)
        {
            for (int chunk = header[ChunkCountOffset]; chunk > 0; chunk--)
            {
                file.ReadExactly(entry);
                if (BinaryPrimitives.ReadUInt32BigEndian(entry) == FanoutChunk)
                {
                    file.Seek(
                        (long)BinaryPrimitives.ReadUInt64BigEndian(entry[sizeof(uint)..]) + FanoutLength - sizeof(uint),
                        SeekOrigin.Begin
                    );
                    file.ReadExactly(entry[..sizeof(uint)]);
                    return BinaryPrimitives.ReadUInt32BigEndian(entry);
                }
            }
        }

        throw new InvalidDataException("a multi-pack-index without a fanout");
    }
}
