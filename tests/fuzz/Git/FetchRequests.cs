using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Fuzz.Git;

/// <summary>Requests to upload-pack. What was understood must survive being written and read again.</summary>
internal static class FetchRequests
{
    private const int MaxObjects = 10_000;

    public static void Read(byte[] bytes) =>
        BothWays.Read(
            bytes,
            static all => Said(CommandParser.Parse(all, MaxObjects)),
            static all => Said(FetchRequestV0Parser.Parse(all, 0, ObjectFormat.Sha1, MaxObjects)),
            static all => Said(FetchRequestV0Parser.Parse(all, 1, ObjectFormat.Sha256, MaxObjects))
        );

    private static string Said(ParsedCommand command)
    {
        if (command is not ParsedCommand.Fetch(var request, var framing))
        {
            return command.ToString();
        }

        var writer = new ArrayBufferWriter<byte>();
        ParsedCommand again;
        if (framing.ProtocolVersion == 2)
        {
            FetchRequestWriter.WriteV2(writer, request, framing, agent: null);
            again = CommandParser.Parse(new ReadOnlySequence<byte>(writer.WrittenMemory));
        }
        else
        {
            FetchRequestWriter.WriteV0(writer, request, framing, agent: null);
            again = FetchRequestV0Parser.Parse(
                new ReadOnlySequence<byte>(writer.WrittenMemory),
                framing.ProtocolVersion,
                request.ObjectFormat
            );
        }

        FindingException.IfDifferent(command, again, "a request, and the same written and read again");
        return $"{request} {framing}";
    }
}
