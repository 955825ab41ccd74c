using Waystation.CacheStore.Streams;

namespace Waystation.Primaries.Http.Responses;

/// <summary>Reads bytes in memory, then the rest of a stream.</summary>
public sealed class JoinedStream(ReadOnlyMemory<byte> first, Stream rest) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _first = first;

    public override int Read(byte[] buffer, int offset, int count) =>
        TakeFirst(buffer.AsSpan(offset, count)) is var taken and > 0 ? taken : rest.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        TakeFirst(buffer.Span) is var taken and > 0 ? ValueTask.FromResult(taken) : rest.ReadAsync(buffer, cancellationToken);

    private int TakeFirst(Span<byte> destination)
    {
        int length = Math.Min(destination.Length, _first.Length);
        _first.Span[..length].CopyTo(destination);
        _first = _first[length..];
        return length;
    }
}
