using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>Writes an ls-refs command in the form that git's own client gives it.</summary>
public static class LsRefsRequestWriter
{
    /// <summary>Writes one whole command.</summary>
    /// <param name="writer">The output.</param>
    /// <param name="request">The ls-refs request.</param>
    /// <param name="agent">The value of agent, or null for none. Give it only to a server that advertises agent.</param>
    /// <param name="sayObjectFormat">Write the object format also for SHA-1. Only for a server that advertises object-format.</param>
    public static void Write(IBufferWriter<byte> writer, LsRefsRequest request, string? agent, bool sayObjectFormat = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        PktLineWriter.Write(writer, Keywords.Command, Keywords.LsRefs, "\n"u8);
        CommandCapabilities.Write(writer, request.ObjectFormat, agent, sayObjectFormat);
        PktLineWriter.WriteDelim(writer);
        if (request.Peel)
        {
            PktLineWriter.WriteText(writer, Keywords.Peel);
        }

        if (request.Symrefs)
        {
            PktLineWriter.WriteText(writer, Keywords.Symrefs);
        }

        if (request.Unborn)
        {
            PktLineWriter.WriteText(writer, Keywords.Unborn);
        }

        foreach (string prefix in request.RefPrefixes)
        {
            PktLineWriter.Write(writer, Keywords.RefPrefix, RefName.ToBytes(prefix), "\n"u8);
        }

        PktLineWriter.WriteFlush(writer);
    }
}
