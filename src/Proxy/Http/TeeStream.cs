using Waystation.FetchCore.Pushes;

namespace Waystation.Proxy.Http;

/// <summary>The body of a push, which is shown to <see cref="PushWatch"/> before it goes on.</summary>
internal sealed class TeeStream(Stream inner, PushWatch push) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length = await inner.ReadAsync(buffer, cancellationToken);
        if (length > 0)
        {
            await push.TakeAsync(buffer[..length]);
        }
        else if (buffer.Length > 0)
        {
            push.End();
        }

        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
