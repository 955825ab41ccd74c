using System.Buffers;

namespace Waystation.Proxy.Http.Streams;

/// <summary>Bytes that gather in pieces: nothing is copied to grow, and no piece is so large that the runtime moves it apart and gives it
/// back late.</summary>
internal sealed class ChunkedBytes
{
    /// <summary>Nearly all requests fit.</summary>
    private const int FirstChunk = 4 * 1024;

    /// <summary>Below the runtime's large objects, which begin at 85,000 bytes.</summary>
    private const int LargestChunk = 64 * 1024;

    private readonly List<(byte[] Bytes, int Length)> _full = [];
    private byte[] _last = [];
    private int _used;

    public long Length { get; private set; }

    /// <summary>Room for at least one byte.</summary>
    public Memory<byte> GetMemory()
    {
        if (_used == _last.Length)
        {
            if (_used > 0)
            {
                _full.Add((_last, _used));
            }

            _last = new byte[Math.Clamp(4 * _last.Length, FirstChunk, LargestChunk)];
            _used = 0;
        }

        return _last.AsMemory(_used);
    }

    public void Advance(int bytes)
    {
        _used += bytes;
        Length += bytes;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Span<byte> room = GetMemory().Span;
            int length = Math.Min(room.Length, bytes.Length);
            bytes[..length].CopyTo(room);
            Advance(length);
            bytes = bytes[length..];
        }
    }

    public ReadOnlySequence<byte> ToSequence()
    {
        Segment? first = null,
            last = null;
        foreach ((byte[] bytes, int length) in _full.Append((_last, _used)))
        {
            last = new Segment(bytes.AsMemory(0, length), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    /// <summary>All bytes in one piece; the pieces are released.</summary>
    public ReadOnlyMemory<byte> Join()
    {
        if (_full.Count > 0)
        {
            byte[] whole = ToSequence().ToArray();
            _full.Clear();
            (_last, _used) = (whole, whole.Length);
        }

        return _last.AsMemory(0, _used);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
