using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// One attempt to read the part of a v0 or v1 response before the pack (gitprotocol-pack, Packfile Negotiation): the new boundary if
/// the client asked for one, then NAK and ACK lines. Nothing announces the pack: it follows the plain ACK of multi_ack, or a NAK or
/// single ACK without a further acknowledgment.
/// </summary>
internal ref struct PrologueV0Reader(ReadOnlySequence<byte> buffer, FetchRequest request, ResponseFraming framing)
{
    private readonly List<ObjectId> _acks = [];
    private readonly List<ObjectId> _shallow = [];
    private readonly List<ObjectId> _unshallow = [];
    private ReadOnlySequence<byte> _rest = buffer;
    private bool _ready;

    private enum Next
    {
        NeedMore,
        Acknowledgment,
        Round,
        Pack,
        Error,
    }

    /// <summary>The part after the last acknowledgment.</summary>
    public readonly ReadOnlySequence<byte> Rest => _rest;

    public ResponseStart Read(out FetchPrologue? prologue)
    {
        prologue = null;
        if (request.Deepens)
        {
            ResponseStart? end = ReadBoundary();
            if (end is not null)
            {
                return end.Value;
            }
        }
        ResponseStart start = ReadAcknowledgments(out bool isWhole);
        if (!isWhole)
        {
            return start;
        }

        prologue = new FetchPrologue
        {
            HasAcknowledgments = request.Haves.Count > 0,
            Acks = [.. _acks.Distinct()],
            Ready = _ready,
            HasShallowInfo = request.Deepens,
            Shallow = _shallow,
            Unshallow = _unshallow,
        };
        return start;
    }

    private ResponseStart? ReadBoundary()
    {
        while (PktLineReader.TryRead(ref _rest, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.Err, out _))
            {
                return ResponseStart.NoPack;
            }

            if (line.TryStripPrefix(Keywords.Shallow, out ReadOnlySequence<byte> hex))
            {
                _shallow.Add(Id(hex));
            }
            else if (line.TryStripPrefix(Keywords.Unshallow, out hex))
            {
                _unshallow.Add(Id(hex));
            }
            else if (line.Kind == PktLineKind.Flush)
            {
                return null;
            }
            else
            {
                Refuse(line.Kind);
            }
        }
        return ResponseStart.NeedMore;
    }

    private static void Refuse(PktLineKind kind) =>
        GitProtocolException.Throw(
            kind == PktLineKind.Data ? ProtocolError.UnexpectedLine : ProtocolError.UnexpectedPacket,
            "Not a boundary."
        );

    private ResponseStart ReadAcknowledgments(out bool isWhole)
    {
        // A stateless client that asks only for its new boundary gets only the boundary, and asks again.
        isWhole = !request.IsDone && request.Haves.Count == 0;
        if (isWhole)
        {
            return ResponseStart.NoPack;
        }

        while (PktLineReader.TryRead(ref _rest, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.Err, out _))
            {
                return ResponseStart.NoPack;
            }

            bool isNak = line.TextIs(Keywords.Nak);
            if (!isNak && !TakeAck(line))
            {
                continue;
            }
            // A round that is not the last ends here, with its NAK or, without multi_ack, with its first common have. After the last round
            // git
            // repeats a single ACK for each have that the first ACK implies, such as its parent.
            Next next =
                !request.IsDone && !(request.Pack == PackWhen.WhenReady && _ready) ? Next.Round
                : isNak || framing.MultiAck == MultiAck.None ? Peek()
                : Next.Pack;
            if (next == Next.Acknowledgment)
            {
                continue;
            }

            isWhole = next is Next.Pack or Next.Round;
            return next switch
            {
                Next.NeedMore => ResponseStart.NeedMore,
                Next.Pack => ResponseStart.Pack,
                _ => ResponseStart.NoPack,
            };
        }
        return ResponseStart.NeedMore;
    }

    /// <summary>Notes an ACK; true when it is the plain one that ends negotiation.</summary>
    private bool TakeAck(in PktLine line)
    {
        int length = request.ObjectFormat.HexLength;
        if (!line.TryStripPrefix(Keywords.Ack, out ReadOnlySequence<byte> ack) || ack.Length < length)
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedLine, "Neither ACK nor NAK.");
        }
        ObjectId id = Id(ack.Slice(0, length));
        var status = new PktLine(PktLineKind.Data, ack.Slice(length));
        if (status.TextIs(Keywords.AckReady))
        {
            // Ready may name a have that the server lacks: it says "enough", not "common".
            _ready = true;
            return false;
        }
        if (!status.Payload.IsEmpty && !status.TextIs(Keywords.AckCommon) && !status.TextIs(Keywords.AckContinue))
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedLine, "An ACK of an unknown kind.");
        }
        _acks.Add(id);
        return status.Payload.IsEmpty;
    }

    private readonly Next Peek()
    {
        ReadOnlySpan<byte> bare = "PACK"u8;
        if (_rest.Length <= PktLineReader.HeaderLength)
        {
            return Next.NeedMore;
        }

        if (framing.SidebandKind == SidebandKind.None && PktLine.StartsWith(_rest, bare))
        {
            return Next.Pack;
        }

        return Judge(FirstOf(_rest.Slice(PktLineReader.HeaderLength)));
    }

    private readonly Next Judge(byte first) =>
        first switch
        {
            (byte)'A' or (byte)'N' => Next.Acknowledgment,
            (byte)'E' => Next.Error,
            _ when framing.SidebandKind != SidebandKind.None => Next.Pack,
            _ => Next.Acknowledgment,
        };

    private static byte FirstOf(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[1];
        bytes.Slice(0, 1).CopyTo(first);
        return first[0];
    }

    private readonly ObjectId Id(in ReadOnlySequence<byte> hex) => ObjectIdLine.Read(hex, request.ObjectFormat);
}
