using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// Reads a server's response to a fetch (gitprotocol-v2, fetch; gitprotocol-pack, Packfile Negotiation):
/// <code>
///   v2     [acknowledgments, delim] [shallow-info, delim] packfile ─► bands ─► flush
///   v0/v1  [shallow lines, flush]   ACK and NAK lines              ─► bands or bare pack
/// </code>
/// It reads the prologue whole or not at all, and the bands one by one.
/// </summary>
public static class FetchResponseReader
{
    /// <summary>The longest prologue: some 300,000 shallow lines. It bounds the memory that a peer can make us use.</summary>
    public const int MaxPrologueLength = 16 << 20;

    /// <summary>
    /// Reads a v2 prologue. On <see cref="ResponseStart.Pack"/> the buffer is moved past the "packfile" line, else left as it is.
    /// </summary>
    /// <exception cref="GitProtocolException">The response is malformed, or its prologue is over the bound.</exception>
    public static ResponseStart TryReadPrologue(
        ref ReadOnlySequence<byte> buffer,
        ObjectFormat format,
        bool sidebandAll,
        out FetchPrologue? prologue
    )
    {
        var reader = new PrologueV2Reader(buffer, format, sidebandAll);
        ResponseStart start = reader.Read(out prologue);
        return Settle(ref buffer, start, reader.Rest);
    }

    /// <summary>
    /// Reads a v0 or v1 prologue. On <see cref="ResponseStart.Pack"/> the buffer is moved to the first band, or to the bare pack
    /// when the request asked for no sideband, else left as it is.
    /// </summary>
    /// <inheritdoc cref="TryReadPrologue" path="/exception"/>
    public static ResponseStart TryReadPrologueV0(
        ref ReadOnlySequence<byte> buffer,
        FetchRequest request,
        ResponseFraming framing,
        out FetchPrologue? prologue
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(framing);
        var reader = new PrologueV0Reader(buffer, request, framing);
        ResponseStart start = reader.Read(out prologue);
        return Settle(ref buffer, start, reader.Rest);
    }

    /// <summary>Takes one packet of the packfile section; false while it is not whole.</summary>
    /// <exception cref="GitProtocolException">The packet has no place there.</exception>
    public static bool TryReadBand(ref ReadOnlySequence<byte> buffer, out BandLine band)
    {
        band = default;
        if (!PktLineReader.TryRead(ref buffer, out PktLine packet))
        {
            return false;
        }

        if (packet.Kind == PktLineKind.Flush)
        {
            band = new BandLine(BandKind.End);
            return true;
        }
        if (packet.Kind != PktLineKind.Data)
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedPacket, $"A {packet.Kind} packet in the packfile section.");
        }
        band = BandOf(packet);
        return true;
    }

    /// <summary>A data-pkt as a packet of a band.</summary>
    internal static BandLine BandOf(in PktLine packet) => packet.Payload.Length > 1 ? Banded(packet.Payload) : Empty(packet.Payload);

    private static ResponseStart Settle(ref ReadOnlySequence<byte> buffer, ResponseStart start, in ReadOnlySequence<byte> rest)
    {
        if (start == ResponseStart.NeedMore && buffer.Length > MaxPrologueLength)
        {
            GitProtocolException.Throw(ProtocolError.TooLong, $"A prologue of more than {MaxPrologueLength} bytes.");
        }
        if (start == ResponseStart.Pack)
        {
            buffer = rest;
        }

        return start;
    }

    private static BandLine Banded(in ReadOnlySequence<byte> payload) => new(KindOf(payload.FirstSpan[0]), payload.Slice(1));

    private static BandLine Empty(in ReadOnlySequence<byte> payload)
    {
        // An empty band 3 ends the response as well.
        bool error = !payload.IsEmpty && KindOf(payload.FirstSpan[0]) == BandKind.Error;
        return new BandLine(error ? BandKind.Error : BandKind.Keepalive);
    }

    private static BandKind KindOf(byte band)
    {
        if (band is 0 or > Sideband.Error)
        {
            GitProtocolException.Throw(ProtocolError.BadBand, $"A packet of band {band}.");
        }

        return band switch
        {
            Sideband.PackData => BandKind.PackData,
            Sideband.Progress => BandKind.Progress,
            _ => BandKind.Error,
        };
    }
}
