using System.Buffers;
using System.IO.Compression;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol;
using Waystation.GitProtocol.PktLines;

namespace Waystation.Proxy.Http.Streams;

/// <summary>The body of a request that goes to the primary unread. It remembers the first bytes that pass.</summary>
/// <param name="inner">The body.</param>
/// <param name="isGzip">Whether the body is compressed.</param>
internal sealed class BodyStart(Stream inner, bool isGzip) : ReadOnlyStream
{
    /// <summary>Enough for the first packet, compressed or not.</summary>
    private const int Most = 512;

    private readonly byte[] _start = new byte[Most];
    private int _length;

    /// <summary>Whether the bytes so far are the beginning of an <c>ls-refs</c>.</summary>
    public bool IsLsRefs
    {
        get
        {
            try
            {
                var bytes = new ReadOnlySequence<byte>(isGzip ? Inflate() : _start.AsMemory(0, Volatile.Read(ref _length)));
                return PktLineReader.TryRead(ref bytes, out PktLine first)
                    && first.TryStripPrefix(Keywords.Command, out ReadOnlySequence<byte> command)
                    && command.ToArray().AsSpan().SequenceEqual(Keywords.LsRefs);
            }
            catch (Exception e) when (e is GitProtocolException or InvalidDataException)
            {
                return false;
            }
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        int room = Math.Min(read, Most - _length);
        buffer.Span[..room].CopyTo(_start.AsSpan(_length));
        // The response may come while the body still passes, so another thread may look.
        Volatile.Write(ref _length, _length + room);
        return read;
    }

    private byte[] Inflate()
    {
        using var plain = new GZipStream(new MemoryStream(_start, 0, Volatile.Read(ref _length)), CompressionMode.Decompress);
        byte[] first = new byte[Most];
        return first[..plain.Read(first)];
    }
}
