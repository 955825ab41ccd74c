using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.SshFrontend.Pushes;

/// <summary>
/// The body of a push: the commands, then the client's pack as it comes. It ends when the client closes its end. For a client that keeps
/// its end open it ends when no more bytes are there and the last ones are the digest of all before them, as in a pack's trailer.
/// </summary>
internal sealed class PackBody(ReadOnlyMemory<byte> commands, PipeReader pack, ObjectFormat format) : ReadOnlyStream
{
    private readonly PackTrailerCheck _check = new(format);
    private ReadOnlyMemory<byte> _commands = commands;
    private bool _ended;

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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _check.Dispose();
        }

        base.Dispose(disposing);
    }
}
