using System.Buffers;
using System.IO.Pipelines;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// The body of a push: commands, then the client's pack as it comes. It ends where the client ends, or, for a client that keeps its
/// end open, once nothing more is there and the last bytes are the digest of all before them, as a pack's trailer is.
/// </summary>
internal sealed class PackBody(ReadOnlyMemory<byte> commands, PipeReader pack, ObjectFormat format) : Stream
{
    private readonly PackTrailerCheck _check = new(format);
    private ReadOnlyMemory<byte> _commands = commands;
    private bool _ended;

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
        if (!_commands.IsEmpty)
        {
            int length = Math.Min(buffer.Length, _commands.Length);
            _commands[..length].CopyTo(buffer);
            _commands = _commands[length..];
            return length;
        }

        if (_ended || buffer.IsEmpty)
        {
            return 0;
        }

        if (!pack.TryRead(out ReadResult read))
        {
            ValueTask<ReadResult> next = pack.ReadAsync(cancellationToken);
            if (!next.IsCompleted && _check.LooksWhole())
            {
                pack.CancelPendingRead();
            }

            read = await next;
        }

        int taken = (int)Math.Min(buffer.Length, read.Buffer.Length);
        ReadOnlySequence<byte> bytes = read.Buffer.Slice(0, taken);
        bytes.CopyTo(buffer.Span);
        _check.Append(buffer.Span[..taken]);
        pack.AdvanceTo(bytes.End);
        _ended = taken == 0;
        return taken;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _check.Dispose();
        }

        base.Dispose(disposing);
    }
}
