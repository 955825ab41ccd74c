using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>The capabilities in every v2 command that the node sends.</summary>
internal static class CommandCapabilities
{
    // SHA-1 is the default of a server. A server from before object-format would refuse the word.
    public static void Write(IBufferWriter<byte> writer, ObjectFormat format, string? agent, bool sayObjectFormat)
    {
        if (agent is not null)
        {
            PktLineWriter.Write(writer, Keywords.AgentIs, Encoding.ASCII.GetBytes(agent));
        }

        if (sayObjectFormat || format != ObjectFormat.Sha1)
        {
            PktLineWriter.Write(writer, Keywords.ObjectFormatIs, Encoding.ASCII.GetBytes(format.Name));
        }
    }
}
