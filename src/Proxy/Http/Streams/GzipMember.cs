using System.IO.Compression;

namespace Waystation.Proxy.Http.Streams;

/// <summary>
/// Checks that a gzip body has one member and nothing after it (RFC 1952). With more, servers differ: git stops after the first member,
/// others go on with the next. Only the primary may read such a body.
/// </summary>
internal static class GzipMember
{
    private const int HeaderLength = 10;

    /// <summary>Checksum and length of the uncompressed bytes.</summary>
    private const int TrailerLength = 8;

    private const int BufferSize = 64 * 1024;

    /// <summary>Checks a body that is known to inflate within the bounds.</summary>
    public static bool IsAlone(ReadOnlyMemory<byte> body)
    {
        // Deflate, and no name, comment or extra field in the header: clients of Git write none.
        if (body.Length <= HeaderLength + TrailerLength || body.Span[2] != 8 || body.Span[3] != 0)
        {
            return false;
        }

        using var packed = new OneByteLess(body[HeaderLength..^TrailerLength]);
        using var plain = new DeflateStream(packed, CompressionMode.Decompress);
        byte[] unread = new byte[BufferSize];
        try
        {
            while (plain.Read(unread) > 0) { }
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return packed.HasGivenTheLast && !packed.WasAskedForMore;
    }

    /// <summary>
    /// Gives all bytes but the last, and then that one by itself. The inflater reads ahead; whether it asks for the last byte shows where a
    /// member ends.
    /// </summary>
    private sealed class OneByteLess(ReadOnlyMemory<byte> bytes) : Stream
    {
        private int _position;

        public bool HasGivenTheLast => _position == bytes.Length;

        public bool WasAskedForMore { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => bytes.Length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            WasAskedForMore |= HasGivenTheLast;
            int left = bytes.Length - _position;
            int taken = Math.Min(left > 1 ? left - 1 : left, buffer.Length);
            bytes.Span.Slice(_position, taken).CopyTo(buffer);
            _position += taken;
            return taken;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
