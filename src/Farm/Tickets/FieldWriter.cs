using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Waystation.CacheStore;

namespace Waystation.Farm.Tickets;

/// <summary>Writes the fields of a message between nodes; <see cref="FieldReader"/> reads them.</summary>
internal sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The bytes until now.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public void Byte(int value)
    {
        _bytes.GetSpan(1)[0] = (byte)value;
        _bytes.Advance(1);
    }

    public void Flag(bool value) => Byte(value ? 1 : 0);

    /// <summary>A number from 0 on: seven bits in each byte, the lowest first, and a bit that says whether more follow.</summary>
    public void Count(int value)
    {
        uint rest = (uint)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            Byte((int)(rest | 0x80));
        }

        Byte((int)rest);
    }

    public void Number(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
    }

    public void Raw(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>Bytes, compressed by Brotli; false and nothing if they would be longer than <paramref name="most"/>.</summary>
    public bool TryCompressed(ReadOnlySpan<byte> bytes, int most, int quality, int window)
    {
        // Most are far shorter than the longest.
        Span<byte> room = _bytes.GetSpan(Math.Min(most, BrotliEncoder.GetMaxCompressedLength(bytes.Length)));
        if (!BrotliEncoder.TryCompress(bytes, room[..Math.Min(most, room.Length)], out int length, quality, window))
        {
            return false;
        }

        _bytes.Advance(length);
        return true;
    }

    /// <summary>Bytes with their number before them.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Count(bytes.Length);
        Raw(bytes);
    }

    /// <summary>A text with the length of its UTF-8 before it.</summary>
    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>A text of characters up to U+00FF, such as the name of a ref, with its length before it.</summary>
    public void Latin(ReadOnlySpan<char> text)
    {
        Count(text.Length);
        Span<byte> bytes = _bytes.GetSpan(text.Length);
        Encoding.Latin1.GetBytes(text, bytes);
        _bytes.Advance(text.Length);
    }

    public void Repository(RepositoryName repository)
    {
        Text(repository.Host);
        Text(repository.Path);
    }
}
