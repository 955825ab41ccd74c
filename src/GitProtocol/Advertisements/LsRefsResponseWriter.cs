using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Writes the answer to an ls-refs in the form that git's own server gives it (gitprotocol-v2, ls-refs).</summary>
public static class LsRefsResponseWriter
{
    /// <summary>Writes a whole answer: what is known of each tip is said of it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="tips">In the order in which they are shown.</param>
    /// <param name="unbornHeadTarget">Where an unborn HEAD points; null says nothing of one.</param>
    public static void Write(IBufferWriter<byte> writer, IReadOnlyList<RefTip> tips, string? unbornHeadTarget)
    {
        ArgumentNullException.ThrowIfNull(tips);
        // In git's order, an unborn HEAD comes where a born one would: first.
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
