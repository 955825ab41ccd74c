using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>Writes the parts of a fetch response around the pack. The caller frames the pack with <see cref="Sideband"/>.</summary>
public static class FetchResponseWriter
{
    /// <summary>Writes the v2 sections before the pack and the "packfile" line.</summary>
    /// <param name="writer">The output.</param>
    /// <param name="prologue">The prologue.</param>
    /// <param name="sidebandAll">Whether the client asked for the whole response in bands.</param>
    public static void WritePrologueV2(IBufferWriter<byte> writer, FetchPrologue prologue, bool sidebandAll)
    {
        ArgumentNullException.ThrowIfNull(prologue);
        ReadOnlySpan<byte> band = sidebandAll ? [Sideband.PackData] : [];
        if (prologue.HasAcknowledgments)
        {
            WriteAcknowledgments(writer, prologue, band);
            PktLineWriter.WriteDelim(writer);
        }
        if (prologue.HasShallowInfo)
        {
            PktLineWriter.Write(writer, band, Keywords.ShallowInfo, "\n"u8);
            WriteIds(writer, band, Keywords.Shallow, prologue.Shallow, []);
            WriteIds(writer, band, Keywords.Unshallow, prologue.Unshallow, []);
            PktLineWriter.WriteDelim(writer);
        }
        PktLineWriter.Write(writer, band, Keywords.Packfile, "\n"u8);
    }

    /// <summary>Writes a v2 response that is a round of negotiation without a pack: acknowledgments and the end.</summary>
    public static void WriteRoundV2(IBufferWriter<byte> writer, FetchPrologue prologue, bool sidebandAll)
    {
        ArgumentNullException.ThrowIfNull(prologue);
        WriteAcknowledgments(writer, prologue, sidebandAll ? [Sideband.PackData] : []);
        PktLineWriter.WriteFlush(writer);
    }

    /// <summary>
    /// Writes the part of a v0 or v1 response before the pack, or the whole response if the request is not the last one: the new boundary
    /// if the client asked for one, then acknowledgments.
    /// After the last request with haves the client needs an ACK, or it discards the earlier ones. A prologue without acknowledgments (a
    /// v2 response to done) knows no common id. Then the writer acknowledges the client's own last have: a plain ACK ends the negotiation,
    /// and clients ignore its id. A pack follows only a prologue with ready, or a request with done.
    /// </summary>
    public static void WritePrologueV0(IBufferWriter<byte> writer, FetchPrologue prologue, FetchRequest request, ResponseFraming framing)
    {
        ArgumentNullException.ThrowIfNull(prologue);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(framing);
        if (request.Deepens && !framing.IsToldBoundary)
        {
            WriteIds(writer, [], Keywords.Shallow, prologue.Shallow, []);
            WriteIds(writer, [], Keywords.Unshallow, prologue.Unshallow, []);
            PktLineWriter.WriteFlush(writer);
        }
        bool isLast = request.IsDone || (request.Pack == PackWhen.WhenReady && prologue.Ready);
        if (request.Haves.Count == 0 && !isLast)
        {
            return;
        }

        bool isUnknown = !prologue.HasAcknowledgments && isLast && request.Haves.Count > 0;
        if (isUnknown)
        {
            ObjectIdLine.Write(writer, Keywords.Ack, request.Haves[^1], "\n"u8);
        }
        else if (prologue.Acks.Count == 0 && (request.IsDone || !isLast))
        {
            PktLineWriter.WriteText(writer, Keywords.Nak);
        }
        else if (framing.MultiAck == MultiAck.None)
        {
            ObjectIdLine.Write(writer, Keywords.Ack, prologue.Acks[0], "\n"u8);
        }
        else
        {
            WriteMultiAcks(writer, prologue, request, framing.MultiAck == MultiAck.Detailed, isLast);
        }
    }

    /// <summary>Writes one line for the user, on band 2.</summary>
    public static void WriteProgress(IBufferWriter<byte> writer, string line, int maxPayload = Sideband.MaxBandPayload) =>
        Sideband.Write(writer, Sideband.Progress, Encoding.UTF8.GetBytes(line + '\n'), maxPayload);

    /// <summary>Writes the end of a whole response.</summary>
    public static void WriteEnd(IBufferWriter<byte> writer) => PktLineWriter.WriteFlush(writer);

    private static void WriteAcknowledgments(IBufferWriter<byte> writer, FetchPrologue prologue, ReadOnlySpan<byte> band)
    {
        PktLineWriter.Write(writer, band, Keywords.Acknowledgments, "\n"u8);
        if (prologue.Acks.Count == 0)
        {
            PktLineWriter.Write(writer, band, Keywords.Nak, "\n"u8);
        }

        WriteIds(writer, band, Keywords.Ack, prologue.Acks, "\n"u8);
        if (prologue.Ready)
        {
            PktLineWriter.Write(writer, band, Keywords.Ready, "\n"u8);
        }
    }

    private static void WriteMultiAcks(IBufferWriter<byte> writer, FetchPrologue prologue, FetchRequest request, bool detailed, bool isLast)
    {
        // "ready" needs an id, also from a server that called itself so and named nothing common.
        ObjectId last = prologue.Acks.Count > 0 ? prologue.Acks[^1] : request.Haves[^1];
        WriteIds(writer, [], Keywords.Ack, prologue.Acks, detailed ? " common\n"u8 : " continue\n"u8);
        if (!request.IsDone)
        {
            if (prologue.Ready && detailed)
            {
                ObjectIdLine.Write(writer, Keywords.Ack, last, " ready\n"u8);
            }

            PktLineWriter.WriteText(writer, Keywords.Nak);
        }
        if (isLast)
        {
            ObjectIdLine.Write(writer, Keywords.Ack, last, "\n"u8);
        }
    }

    private static void WriteIds(
        IBufferWriter<byte> writer,
        ReadOnlySpan<byte> band,
        ReadOnlySpan<byte> keyword,
        IReadOnlyList<ObjectId> ids,
        ReadOnlySpan<byte> end
    )
    {
        Span<byte> start = stackalloc byte[16];
        band.CopyTo(start);
        keyword.CopyTo(start[band.Length..]);
        foreach (ObjectId id in ids)
        {
            ObjectIdLine.Write(writer, start[..(band.Length + keyword.Length)], id, end);
        }
    }
}
