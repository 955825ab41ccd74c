using System.Security.Cryptography;
using System.Text;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The packed-refs file of a mirror (gitrepository-layout, packed-refs), in blocks, because a repository may have a million refs:
/// <code>
///   header   # pack-refs with: peeled fully-peeled sorted sha256=DIGEST
///   ref      ID NAME
///   peeled   ^ID, after an annotated tag
/// </code>
/// "fully-peeled" holds, because tips come from listings that were asked to peel. The digest is the SHA-256 of all behind the header; git
/// skips words that it does not know.
/// </summary>
internal static class PackedRefsFile
{
    /// <summary>The first line of git's own file.</summary>
    public const string PlainHeader = "# pack-refs with: peeled fully-peeled sorted \n";

    private const int BlockLength = 64 * 1024;

    /// <summary>The longest lines of one ref.</summary>
    private const int MaxEntry = RefName.MaxLength + (2 * 64) + 4;

    /// <summary>The name for a detached HEAD. git would keep only the objects of a real HEAD; here it is a ref like all others.</summary>
    private static ReadOnlySpan<byte> HeadInFile => "refs/waystation/HEAD"u8;

    private static ReadOnlySpan<byte> Head => "HEAD"u8;

    private static int HeaderLength => HeaderOf(new byte[SHA256.HashSizeInBytes]).Length;

    /// <summary>The file behind its header. Each block counts until the next.</summary>
    /// <param name="tips">The refs, sorted by name.</param>
    /// <param name="withHead">Whether HEAD is in it.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Blocks(RefTipList tips, bool withHead = true)
    {
        byte[] block = new byte[BlockLength];
        int length = 0;
        RefTipReader head = tips.Read(),
            reader = tips.Read();
        bool headIsLeft = withHead && head.MoveNext() && head.Name.SequenceEqual(Head);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual(Head))
            {
                continue;
            }

            if (length + (2 * MaxEntry) > block.Length)
            {
                yield return block.AsMemory(0, length);
                length = 0;
            }

            if (headIsLeft && reader.Name.SequenceCompareTo(HeadInFile) >= 0)
            {
                length += Write(block.AsSpan(length), head, HeadInFile);
                headIsLeft = false;
            }

            length += Write(block.AsSpan(length), reader, reader.Name);
        }

        if (headIsLeft)
        {
            length += Write(block.AsSpan(length), head, HeadInFile);
        }

        yield return block.AsMemory(0, length);
    }

    /// <summary>Writes a whole file.</summary>
    public static void Write(FileStream stream, RefTipList tips)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        stream.Position = HeaderLength;
        foreach (ReadOnlyMemory<byte> block in Blocks(tips))
        {
            hash.AppendData(block.Span);
            stream.Write(block.Span);
        }

        stream.Position = 0;
        stream.Write(HeaderOf(hash.GetHashAndReset()));
    }

    /// <summary>Reads a whole file: the refs in the order of their lines, and HEAD by itself.</summary>
    /// <exception cref="InvalidDataException">A line is neither a ref nor a peeled id, or the checksum differs.</exception>
    public static (RefTipList Refs, RefTipList Head) Read(Stream stream)
    {
        byte[] header = new byte[HeaderLength];
        int headerRead = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        RefTipListBuilder refs = new(),
            head = new(),
            dropped = new();
        RefTipListBuilder? last = null;
        foreach (ReadOnlyMemory<byte> memory in Lines(stream, hash))
        {
            ReadOnlySpan<byte> line = memory.Span;
            if (line.IsEmpty)
            {
                continue;
            }

            if (line[0] == '^' && last is not null)
            {
                last.PeelLast(IdOf(line[1..]));
                continue;
            }

            int space = line.IndexOf((byte)' ');
            ObjectId id = IdOf(line[..Math.Max(0, space)]);
            ReadOnlySpan<byte> name = line[(space + 1)..];
            bool isHead = name.SequenceEqual(HeadInFile) || name.SequenceEqual(Head);
            last =
                isHead ? head
                : MirrorRefs.IsKept(name) ? refs
                : dropped;
            last.Add(isHead ? Head : name, id, peeled: null, target: null);
        }

        return header.AsSpan(0, headerRead).SequenceEqual(HeaderOf(hash.GetHashAndReset()))
            ? (refs.ToList(), head.ToList())
            : throw new InvalidDataException("the mirror's refs differ from their checksum");
    }

    private static byte[] HeaderOf(byte[] digest) =>
        Encoding.Latin1.GetBytes($"{PlainHeader[..^1]}sha256={Convert.ToHexStringLower(digest)} \n");

    private static int Write(Span<byte> block, RefTipReader tip, ReadOnlySpan<byte> name)
    {
        int length = WriteHex(block, tip.RawId);
        block[length++] = (byte)' ';
        name.CopyTo(block[length..]);
        length += name.Length;
        block[length++] = (byte)'\n';
        if (!tip.RawPeeled.IsEmpty)
        {
            block[length++] = (byte)'^';
            length += WriteHex(block[length..], tip.RawPeeled);
            block[length++] = (byte)'\n';
        }

        return length;
    }

    private static int WriteHex(Span<byte> text, ReadOnlySpan<byte> raw)
    {
        Convert.TryToHexStringLower(raw, text, out int length);
        return length;
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(Stream stream, IncrementalHash hash)
    {
        byte[] block = new byte[BlockLength];
        int length = 0;
        for (int read; (read = stream.Read(block, length, block.Length - length)) > 0; )
        {
            hash.AppendData(block, length, read);
            length += read;
            int begin = 0;
            for (int end; (end = block.AsSpan(begin, length - begin).IndexOf((byte)'\n')) >= 0; begin += end + 1)
            {
                yield return block.AsMemory(begin, end);
            }

            block.AsSpan(begin, length - begin).CopyTo(block);
            length -= begin;
            if (length > MaxEntry)
            {
                throw Unreadable();
            }
        }

        yield return block.AsMemory(0, length);
    }

    private static ObjectId IdOf(ReadOnlySpan<byte> hex) =>
        ObjectId.TryParse(hex, hex.Length == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1, out ObjectId id)
            ? id
            : throw Unreadable();

    private static InvalidDataException Unreadable() => new("the mirror's refs cannot be read");
}
