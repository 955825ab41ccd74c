using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>One attempt to read the sections before the pack (gitprotocol-v2, fetch). A new attempt follows when more bytes are
/// there.</summary>
internal ref struct PrologueV2Reader(ReadOnlySequence<byte> buffer, ObjectFormat format, bool sidebandAll)
{
    private ReadOnlySequence<byte> _rest = buffer;
    private List<ObjectId>? _acks;
    private List<ObjectId>? _shallow;
    private List<ObjectId>? _unshallow;
    private bool _hasAcknowledgments;
    private bool _hasShallowInfo;
    private bool _ready;

    /// <summary>The part after the "packfile" line.</summary>
    public readonly ReadOnlySequence<byte> Rest => _rest;

    public ResponseStart Read(out FetchPrologue? prologue)
    {
        prologue = null;
        while (true)
        {
            if (!TryReadLine(out PktLine line, out bool refused))
            {
                return refused ? ResponseStart.NoPack : ResponseStart.NeedMore;
            }

            if (line.TextIs(Keywords.Packfile))
            {
                break;
            }

            ResponseStart? end = ReadSection(line, out bool isRound);
            if (isRound)
            {
                prologue = Gathered();
            }

            if (end is not null)
            {
                return end.Value;
            }
        }
        if (_hasAcknowledgments && !_ready)
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedSection, "A packfile without ready.");
        }

        prologue = Gathered();
        return ResponseStart.Pack;
    }

    private readonly FetchPrologue Gathered() =>
        new()
        {
            HasAcknowledgments = _hasAcknowledgments,
            Acks = _acks ?? [],
            Ready = _ready,
            HasShallowInfo = _hasShallowInfo,
            Shallow = _shallow ?? [],
            Unshallow = _unshallow ?? [],
        };

    // Reads one section to its delim-pkt or flush-pkt. Null means that another section follows.
    private ResponseStart? ReadSection(in PktLine header, out bool isRound)
    {
        isRound = false;
        bool isAcknowledgments = header.TextIs(Keywords.Acknowledgments);
        bool isShallowInfo = header.TextIs(Keywords.ShallowInfo);
        if (header.Kind != PktLineKind.Data)
        {
            // The response to a request without wants may be only a flush-pkt.
            if (header.Kind == PktLineKind.Flush && !_hasAcknowledgments && !_hasShallowInfo)
            {
                return ResponseStart.NoPack;
            }

            GitProtocolException.Throw(ProtocolError.UnexpectedPacket, $"A {header.Kind} packet where a section begins.");
        }
        // wanted-refs, packfile-uris, and sections of future versions.
        if (!isAcknowledgments && !isShallowInfo)
        {
            return ResponseStart.NoPack;
        }

        Enter(isAcknowledgments);
        while (true)
        {
            if (!TryReadLine(out PktLine line, out bool refused))
            {
                return refused ? ResponseStart.NoPack : ResponseStart.NeedMore;
            }

            switch (line.Kind)
            {
                case PktLineKind.Delim:
                    return null;
                case PktLineKind.Flush when isAcknowledgments && !_ready:
                    isRound = true;
                    return ResponseStart.NoPack;
                case PktLineKind.Data when isAcknowledgments:
                    TakeAck(line);
                    break;
                case PktLineKind.Data:
                    TakeShallow(line);
                    break;
                default:
                    GitProtocolException.Throw(ProtocolError.UnexpectedPacket, $"A {line.Kind} packet within a section.");
                    break;
            }
        }
    }

    private void Enter(bool isAcknowledgments)
    {
        if (_hasShallowInfo || (isAcknowledgments && _hasAcknowledgments))
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedSection, "A section twice or out of order.");
        }
        if (isAcknowledgments)
        {
            _hasAcknowledgments = true;
        }
        else
        {
            _hasShallowInfo = true;
        }
    }

    private void TakeAck(in PktLine line)
    {
        if (line.TryStripPrefix(Keywords.Ack, out ReadOnlySequence<byte> hex))
        {
            Add(ref _acks, hex);
        }
        else if (line.TextIs(Keywords.Ready))
        {
            _ready = true;
        }
        else if (!line.TextIs(Keywords.Nak))
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedLine, "Not an acknowledgment.");
        }
    }

    private void TakeShallow(in PktLine line)
    {
        if (line.TryStripPrefix(Keywords.Shallow, out ReadOnlySequence<byte> hex))
        {
            Add(ref _shallow, hex);
        }
        else if (line.TryStripPrefix(Keywords.Unshallow, out hex))
        {
            Add(ref _unshallow, hex);
        }
        else
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedLine, "Neither shallow nor unshallow.");
        }
    }

    private readonly void Add(ref List<ObjectId>? list, in ReadOnlySequence<byte> hex)
    {
        (list ??= []).Add(ObjectIdLine.Read(hex, format));
    }

    // With sideband-all every data-pkt has a band: progress is skipped, an error ends the response.
    private bool TryReadLine(out PktLine line, out bool refused)
    {
        refused = false;
        while (PktLineReader.TryRead(ref _rest, out line))
        {
            if (sidebandAll && line.Kind == PktLineKind.Data)
            {
                BandLine band = FetchResponseReader.BandOf(line);
                if (band.Kind is BandKind.Progress or BandKind.Keepalive)
                {
                    continue;
                }

                refused = band.Kind == BandKind.Error;
                line = new PktLine(PktLineKind.Data, band.Payload);
            }
            refused |= line.TryStripPrefix(Keywords.Err, out _);
            return !refused;
        }
        return false;
    }
}
