using System.Buffers;
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
        FetchArguments.Write(writer, request, framing);
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
        byte[] capabilities = Encoding.ASCII.GetBytes(CapabilityList.TextOf(request, framing, agent) + '\n');
        PktLineWriter.Write(writer, Keywords.Want, first[..request.ObjectFormat.HexLength], capabilities);
        FetchLines.WriteWants(writer, request.Wants.Skip(1));
        FetchLines.WriteBoundary(writer, request);
        FetchLines.WriteFilter(writer, request);
        PktLineWriter.WriteFlush(writer);
        FetchLines.WriteHaves(writer, request.Haves);
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
    /// <param name="writer">The output.</param>
    /// <param name="haves">The haves.</param>
    /// <param name="done">Whether the client has said done.</param>
    public static void WriteRoundV0(IBufferWriter<byte> writer, IEnumerable<ObjectId> haves, bool done)
    {
        ArgumentNullException.ThrowIfNull(haves);
        FetchLines.WriteHaves(writer, haves);
        if (done)
        {
            PktLineWriter.WriteText(writer, Keywords.Done);
        }
        else
        {
            PktLineWriter.WriteFlush(writer);
        }
    }
}
