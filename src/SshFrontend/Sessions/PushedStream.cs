using System.Buffers;
using System.IO.Pipelines;
using Waystation.FetchCore.Pushes;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// What a client pushes, which is shown to <see cref="PushWatch"/> before it goes on; disposing it leaves the inner stream.
/// </summary>
internal sealed class PushedStream(Stream inner, PushWatch push) : Stream
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

    /// <summary>Hands the report of the primary on to the client, and shows it to the watch before.</summary>
    public static async Task CopyReportAsync(PipeReader from, PipeWriter to, PushWatch? push, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await from.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                push?.Read(segment.Span);
                to.Write(segment.Span);
            }

            from.AdvanceTo(read.Buffer.End);
            await to.FlushAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return;
            }
        }
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
