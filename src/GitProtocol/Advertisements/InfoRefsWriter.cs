using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Writes the advertisement of version 0 or 1 (gitprotocol-pack, Reference Discovery).</summary>
public static class InfoRefsWriter
{
    /// <summary>Writes the service line and its flush-pkt, which begin an advertisement over HTTP (gitprotocol-http, Smart Server
    /// Response).</summary>
    public static void WriteServiceLine(IBufferWriter<byte> writer)
    {
        PktLineWriter.WriteText(writer, Keywords.ServiceUploadPack);
        PktLineWriter.WriteFlush(writer);
    }

    /// <summary>Writes a whole advertisement.</summary>
    /// <param name="writer">The output.</param>
    /// <param name="version">0 or 1.</param>
    /// <param name="tips">The refs, in the order of the advertisement.</param>
    /// <param name="capabilities">The capabilities behind the first ref.</param>
    /// <param name="shallows">The boundary of a repository that is shallow itself.</param>
    /// <param name="format">The object format of the repository.</param>
    public static void Write(
        IBufferWriter<byte> writer,
        int version,
        IReadOnlyList<RefTip> tips,
        string capabilities,
        IReadOnlyList<ObjectId> shallows,
        ObjectFormat format
    )
    {
        ArgumentNullException.ThrowIfNull(tips);
        ArgumentNullException.ThrowIfNull(capabilities);
        ArgumentNullException.ThrowIfNull(shallows);
        if (version == 1)
        {
            PktLineWriter.WriteText(writer, Keywords.Version1);
        }

        string behindFirst = capabilities.Length > 0 ? $"\0{capabilities}" : "";
        if (tips.Count == 0 && capabilities.Length > 0)
        {
            PktLineWriter.WriteText(writer, RefName.ToBytes($"{new string('0', format.HexLength)} capabilities^{{}}{behindFirst}"));
        }
        foreach (RefTip tip in tips)
        {
            PktLineWriter.WriteText(writer, RefName.ToBytes($"{tip.Id} {tip.Name}{behindFirst}"));
            behindFirst = "";
            if (tip.Peeled is { } peeled)
            {
                PktLineWriter.WriteText(writer, RefName.ToBytes($"{peeled} {tip.Name}^{{}}"));
            }
        }
        foreach (ObjectId shallow in shallows)
        {
            PktLineWriter.WriteText(writer, RefName.ToBytes($"shallow {shallow}"));
        }

        PktLineWriter.WriteFlush(writer);
    }
}
