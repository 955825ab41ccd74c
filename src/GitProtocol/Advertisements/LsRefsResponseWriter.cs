using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Writes the response to an ls-refs in the form that git's own server gives it (gitprotocol-v2, ls-refs).</summary>
public static class LsRefsResponseWriter
{
    /// <summary>Writes a whole response, with every known attribute of each tip.</summary>
    /// <param name="writer">The output.</param>
    /// <param name="tips">The refs, in the order of the response.</param>
    /// <param name="unbornHeadTarget">The target of an unborn HEAD; null writes no unborn HEAD.</param>
    public static void Write(IBufferWriter<byte> writer, IReadOnlyList<RefTip> tips, string? unbornHeadTarget)
    {
        ArgumentNullException.ThrowIfNull(tips);
        // git writes HEAD first, born or unborn.
        if (unbornHeadTarget is not null)
        {
            PktLineWriter.WriteText(writer, RefName.ToBytes($"unborn HEAD symref-target:{unbornHeadTarget}"));
        }

        var line = new StringBuilder();
        foreach (RefTip tip in tips)
        {
            line.Clear().Append(tip.Id.ToString()).Append(' ').Append(tip.Name);
            if (tip.SymrefTarget is { } target)
            {
                line.Append(" symref-target:").Append(target);
            }

            if (tip.Peeled is { } peeled)
            {
                line.Append(" peeled:").Append(peeled.ToString());
            }

            PktLineWriter.WriteText(writer, RefName.ToBytes(line.ToString()));
        }
        PktLineWriter.WriteFlush(writer);
    }
}
