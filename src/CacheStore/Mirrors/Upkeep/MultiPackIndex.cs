using System.Buffers.Binary;
using System.Text;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors.Upkeep;

/// <summary>Reads a multi-pack-index (gitformat-pack, "multi-pack-index (MIDX) files have the following format").</summary>
internal static class MultiPackIndex
{
    private const uint Magic = 0x4D49_4458; // "MIDX"
    private const uint FanoutChunk = 0x4F49_4446; // "OIDF"
    private const uint PackNamesChunk = 0x504E_414D; // "PNAM"
    private const int HeaderLength = 12;
    private const int ChunkCountOffset = 6;
    private const int EntryLength = sizeof(uint) + sizeof(ulong);
    private const int FanoutLength = 256 * sizeof(uint);

    /// <summary>The number of objects in its packs, each counted once.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read.</exception>
    public static long CountOf(string path)
    {
        using FileStream file = File.OpenRead(RegularFile.At(path));
        file.Seek(Find(file, FanoutChunk).Start + FanoutLength - sizeof(uint), SeekOrigin.Begin);
        Span<byte> last = stackalloc byte[sizeof(uint)];
        file.ReadExactly(last);
        return BinaryPrimitives.ReadUInt32BigEndian(last);
    }

    /// <summary>The file names of the packs in the index; null if there is no index that can be read.</summary>
    public static IReadOnlySet<string>? PacksOf(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(RegularFile.At(path));
            (long start, long end) = Find(file, PackNamesChunk);
            byte[] names = new byte[Math.Clamp(end - start, 0, file.Length)];
            file.Seek(start, SeekOrigin.Begin);
            file.ReadExactly(names);
            return Encoding
                .ASCII.GetString(names)
                .Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(static name => Path.ChangeExtension(name, ".pack"))
                .ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A chunk ends where the next one in the table begins.</summary>
    private static (long Start, long End) Find(FileStream file, uint chunk)
    {
        Span<byte> header = stackalloc byte[HeaderLength],
            entry = stackalloc byte[EntryLength];
        file.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) == Magic)
        {
            for (int left = header[ChunkCountOffset]; left > 0; left--)
            {
                file.ReadExactly(entry);
                long start = (long)BinaryPrimitives.ReadUInt64BigEndian(entry[sizeof(uint)..]);
                if (BinaryPrimitives.ReadUInt32BigEndian(entry) == chunk)
                {
                    file.ReadExactly(entry);
                    return (start, (long)BinaryPrimitives.ReadUInt64BigEndian(entry[sizeof(uint)..]));
                }
            }
        }

        throw new InvalidDataException("a multi-pack-index without one of its chunks");
    }
}
