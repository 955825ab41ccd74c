using Waystation.CacheStore.Streams;
using Waystation.FetchCore.Pushes;

namespace Waystation.Proxy.Http.Streams;

/// <summary>The response to a push, which is shown to <see cref="PushWatch"/> before the client gets it.</summary>
internal sealed class ObservingStream(Stream inner, PushWatch push) : WriteOnlyStream
{
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        push.Read(buffer);
        inner.Write(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        push.Read(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
