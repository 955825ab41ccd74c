using System.Buffers;
using System.IO.Pipelines;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// One response in a conversation that goes on: whole packets up to the flush-pkt that ends a v2 response (gitprotocol-v2,
/// Packet-Line Framing), then the end. Later bytes stay in the channel.
/// <code>
///   channel ── packet packet … 0000 │ next response …
///              └───── Body ───────┘ └ stays in the channel
/// </code>
/// Bytes that are no packets, or end early, are passed on unchanged. The channel cannot be used after them.
/// </summary>
public sealed class ResponseBody(PipeReader channel) : PipeReader
{
    /// <summary>The open read: the channel's bytes, and how many of them belong to the response.</summary>
    private ReadOnlySequence<byte> _buffer;
    private long _shown = -1;

    /// <summary>The unconsumed bytes of whole packets; up to the last packet of the response once <see cref="_ended"/>.</summary>
    private long _whole;

    private bool _ended;
    private bool _broken;
    private bool _completed;

    /// <summary>Whether the response had its end when this was completed, so that another response may follow.</summary>
    public bool IsWhole => _completed && _ended;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_ended && _whole == 0)
            {
                return Nothing();
            }

            ReadResult read = await channel.ReadAsync(cancellationToken);
            if (TryShow(read, out ReadResult shown))
            {
                return shown;
            }
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (_ended && _whole == 0)
        {
            result = Nothing();
            return true;
        }

        result = default;
        return channel.TryRead(out ReadResult read) && TryShow(read, out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_shown < 0)
        {
            throw new InvalidOperationException("no read is open");
        }

        ReadOnlySequence<byte> shown = _buffer.Slice(0, _shown);
        bool isExamined = shown.Slice(examined).IsEmpty;
        long taken = shown.Slice(0, consumed).Length;
        bool isNothing = _ended && _whole == 0;
        _whole = Math.Max(0, _whole - taken);
        SequencePosition end = _buffer.End;
        (_shown, _buffer) = (-1, default);
        if (isNothing)
        {
            return;
        }

        // At the end the bytes stay unexamined, so that the next read finds the end at once instead of waiting for more.
        channel.AdvanceTo(consumed, isExamined && !_ended ? end : consumed);
    }

    public override void CancelPendingRead() => channel.CancelPendingRead();

    /// <summary>Ends the reading. If the end of the response was seen, the channel continues after it, however much was
    /// consumed.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_completed)
        {
            return;
        }

        _completed = true;
        if (_shown >= 0)
        {
            AdvanceTo(_buffer.GetPosition(_ended ? _whole : 0));
        }

        if (_ended && _whole > 0 && channel.TryRead(out ReadResult rest))
        {
            channel.AdvanceTo(rest.Buffer.GetPosition(_whole));
            _whole = 0;
        }
    }

    private ReadResult Nothing()
    {
        (_shown, _buffer) = (0, default);
        return new ReadResult(default, isCanceled: false, isCompleted: true);
    }

    private bool TryShow(in ReadResult read, out ReadResult shown)
    {
        Look(read.Buffer);
        bool isRaw = !_ended && (_broken || read.IsCompleted);
        _shown = isRaw ? read.Buffer.Length : _whole;
        bool isCompleted = _ended || read.IsCompleted;
        if (_shown == 0 && !isCompleted && !read.IsCanceled)
        {
            // Only the beginning of a packet: wait for the rest of it.
            _shown = -1;
            shown = default;
            channel.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return false;
        }

        _buffer = read.Buffer;
        shown = new ReadResult(_buffer.Slice(0, _shown), read.IsCanceled, isCompleted);
        return true;
    }

    private void Look(in ReadOnlySequence<byte> buffer)
    {
        if (_ended || _broken)
        {
            return;
        }

        ReadOnlySequence<byte> rest = buffer.Slice(_whole);
        try
        {
            while (!_ended && PktLineReader.TryRead(ref rest, out PktLine packet))
            {
                _ended = packet.Kind == PktLineKind.Flush;
            }

            _whole = buffer.Length - rest.Length;
        }
        catch (GitProtocolException)
        {
            _broken = true;
        }
    }
}
