using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>The capabilities that every v2 command of ours carries.</summary>
internal static class CommandCapabilities
{
    // SHA-1 is what a server takes for granted; one from before object-format would refuse the word.
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
