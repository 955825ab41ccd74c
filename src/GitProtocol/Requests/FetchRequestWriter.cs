using System.Buffers;
using System.Globalization;
using System.Text;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>Writes fetch requests in the form that git's own client gives them, line order and line feeds included.</summary>
public static class FetchRequestWriter
{
    /// <summary>Writes one whole v2 command.</summary>
    /// <param name="writer">The output.</param>
    /// <param name="request">The fetch request.</param>
    /// <param name="framing">The form of the response; the parts that only v0 and v1 have are left out.</param>
    /// <param name="agent">The value of agent, or null for none. Give it only to a server that advertises agent.</param>
    /// <param name="sayObjectFormat">Write the object format also for SHA-1. Only for a server that advertises object-format.</param>
    public static void WriteV2(
        IBufferWriter<byte> writer,
        FetchRequest request,
        ResponseFraming framing,
        string? agent,
        bool sayObjectFormat = false
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(framing);
        PktLineWriter.Write(writer, Keywords.Command, Keywords.Fetch);
        CommandCapabilities.Write(writer, request.ObjectFormat, agent, sayObjectFormat);
        PktLineWriter.WriteDelim(writer);
        if (request.Pack == PackWhen.Never)
        {
            PktLineWriter.Write(writer, Keywords.WaitForDone);
        }

        if (request.ThinPack)
        {
            PktLineWriter.Write(writer, Keywords.ThinPack);
        }

        if (framing.NoProgress)
        {
            PktLineWriter.Write(writer, Keywords.NoProgress);
        }

        if (request.IncludeTag)
        {
            PktLineWriter.Write(writer, Keywords.IncludeTag);
        }

        if (request.OfsDelta)
        {
            PktLineWriter.Write(writer, Keywords.OfsDelta);
        }

        if (framing.SidebandAll)
        {
            PktLineWriter.Write(writer, Keywords.SidebandAll);
        }

        WriteBoundary(writer, request);
        if (request.DeepenRelative)
        {
            PktLineWriter.WriteText(writer, Keywords.DeepenRelative);
        }

        WriteFilter(writer, request);
        WriteIds(writer, Keywords.Want, request.Wants, "\n"u8);
        WriteIds(writer, Keywords.Have, request.Haves, "\n"u8);
        if (request.IsDone)
        {
            PktLineWriter.WriteText(writer, Keywords.Done);
        }

        PktLineWriter.WriteFlush(writer);
    }

    /// <summary>
    /// Writes a v0 or v1 request as one stateless body: the needs, then the haves, then done or, when there were haves, a flush-pkt.
    /// It writes the capabilities that the request needs; the caller has checked that the server has them.
    /// </summary>
    /// <param name="writer">The output.</param>
    /// <param name="request">The fetch request; it must have a want.</param>
    /// <param name="framing">The form of the response.</param>
    /// <param name="agent">The value of agent, or null for none.</param>
    public static void WriteV0(IBufferWriter<byte> writer, FetchRequest request, ResponseFraming framing, string? agent)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(framing);
        ArgumentOutOfRangeException.ThrowIfZero(request.Wants.Count, nameof(request));
        Span<byte> first = stackalloc byte[ObjectFormat.Sha256.HexLength];
        request.Wants[0].WriteHex(first);
        byte[] capabilities = Encoding.ASCII.GetBytes(Capabilities(request, framing, agent) + '\n');
        PktLineWriter.Write(writer, Keywords.Want, first[..request.ObjectFormat.HexLength], capabilities);
        WriteIds(writer, Keywords.Want, request.Wants.Skip(1), "\n"u8);
        WriteBoundary(writer, request);
        WriteFilter(writer, request);
        PktLineWriter.WriteFlush(writer);
        WriteIds(writer, Keywords.Have, request.Haves, "\n"u8);
        if (request.IsDone)
        {
            PktLineWriter.WriteText(writer, Keywords.Done);
        }
        else if (request.Haves.Count > 0)
        {
            PktLineWriter.WriteFlush(writer);
        }
    }

    /// <summary>Writes a round of a v0 or v1 conversation: the haves, then done or a flush-pkt.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="haves">The haves.</param>
    /// <param name="done">Whether the client has said done.</param>
    public static void WriteRoundV0(IBufferWriter<byte> writer, IEnumerable<ObjectId> haves, bool done)
    {
        ArgumentNullException.ThrowIfNull(haves);
        WriteIds(writer, Keywords.Have, haves, "\n"u8);
        if (done)
        {
            PktLineWriter.WriteText(writer, Keywords.Done);
        }
        else
        {
            PktLineWriter.WriteFlush(writer);
        }
    }

    private static string Capabilities(FetchRequest request, ResponseFraming framing, string? agent)
    {
        var text = new StringBuilder();
        Say(framing.MultiAck == MultiAck.Detailed, CapabilityWords.MultiAckDetailed);
        Say(framing.MultiAck == MultiAck.MultiAck, CapabilityWords.MultiAck);
        Say(framing.NoDone, CapabilityWords.NoDone);
        Say(framing.SidebandKind == SidebandKind.Sideband64k, CapabilityWords.Sideband64k);
        Say(framing.SidebandKind == SidebandKind.Sideband, CapabilityWords.Sideband);
        Say(request.DeepenRelative, CapabilityWords.DeepenRelative);
        Say(request.ThinPack, CapabilityWords.ThinPack);
        Say(framing.NoProgress, CapabilityWords.NoProgress);
        Say(request.IncludeTag, CapabilityWords.IncludeTag);
        Say(request.OfsDelta, CapabilityWords.OfsDelta);
        Say(request.DeepenSince is not null, CapabilityWords.DeepenSince);
        Say(agent is not null, $"agent={agent}");
        Say(request.Filter is not null, CapabilityWords.Filter);
        return text.ToString();

        void Say(bool said, string capability)
        {
            if (said)
            {
                text.Append(' ').Append(capability);
            }
        }
    }

    private static void WriteBoundary(IBufferWriter<byte> writer, FetchRequest request)
    {
        WriteIds(writer, Keywords.Shallow, request.Shallows, []);
        if (request.Depth is { } depth)
        {
            WriteNumber(writer, Keywords.Deepen, depth);
        }

        if (request.DeepenSince is { } since)
        {
            WriteNumber(writer, Keywords.DeepenSince, since);
        }
    }

    private static void WriteFilter(IBufferWriter<byte> writer, FetchRequest request)
    {
        if (request.Filter is { } filter)
        {
            PktLineWriter.Write(writer, Keywords.Filter, Encoding.ASCII.GetBytes(filter.Text));
        }
    }

    private static void WriteNumber(IBufferWriter<byte> writer, ReadOnlySpan<byte> keyword, long number) =>
        PktLineWriter.Write(writer, keyword, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static void WriteIds(IBufferWriter<byte> writer, ReadOnlySpan<byte> keyword, IEnumerable<ObjectId> ids, ReadOnlySpan<byte> end)
    {
        foreach (ObjectId id in ids)
        {
            ObjectIdLine.Write(writer, keyword, id, end);
        }
    }
}
