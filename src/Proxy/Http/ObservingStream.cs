using Waystation.GitProtocol.Advertisements;

namespace Waystation.Proxy.Http;

/// <summary>Shows a reader the bytes that are written through it, before they go on: what it learns is known before the client can act on
/// it.</summary>
internal sealed class ObservingStream(Stream inner, PassingReader reader, Action onComplete) : Stream
{
    private bool _told;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Show(buffer);
        inner.Write(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Show(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Show(ReadOnlySpan<byte> bytes)
    {
        if (_told || reader.HasStopped)
        {
            return;
        }

        reader.Read(bytes);
        if (reader.HasAnswer)
        {
            _told = true;
            onComplete();
        }
    }
}
