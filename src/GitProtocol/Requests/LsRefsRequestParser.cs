using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>The arguments of an ls-refs (gitprotocol-v2, ls-refs): an unknown one makes the request foreign.</summary>
internal static class LsRefsRequestParser
{
    /// <summary>Reads from after the delim-pkt to the flush-pkt; the bytes are known to hold it.</summary>
    public static ParsedCommand Parse(ref ReadOnlySequence<byte> arguments, ObjectFormat format)
    {
        var prefixes = new List<string>();
        long prefixBytes = 0;
        bool peel = false,
            symrefs = false,
            unborn = false;
        ForeignReason? foreign = null;
        while (CommandParser.TryReadArgument(ref arguments, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.RefPrefix, out ReadOnlySequence<byte> prefix))
            {
                // A prefix that is longer than any ref matches nothing, and would only fill memory.
                if (prefix.Length > RefName.MaxLength)
                {
                    GitProtocolException.Throw(ProtocolError.TooLong, "A ref-prefix longer than any ref.");
                }

                prefixBytes += prefix.Length;
                bool isFull = prefixes.Count == LsRefsRequest.MaxPrefixes || prefixBytes > LsRefsRequest.MaxPrefixBytes;
                if (isFull)
                {
                    foreign ??= ForeignReason.TooManyPrefixes;
                }
                else if (!Keep(prefixes, prefix))
                {
                    foreign ??= ForeignReason.ByteOutOfPlace;
                }
            }
            else if (line.TextIs(Keywords.Peel))
            {
                peel = true;
            }
            else if (line.TextIs(Keywords.Symrefs))
            {
                symrefs = true;
            }
            else if (line.TextIs(Keywords.Unborn))
            {
                unborn = true;
            }
            else
            {
                foreign ??= ForeignReason.UnknownArgument;
            }
        }
        if (foreign is { } reason)
        {
            return new ParsedCommand.Foreign(reason);
        }

        return new ParsedCommand.LsRefs(
            new LsRefsRequest
            {
                ObjectFormat = format,
                Peel = peel,
                Symrefs = symrefs,
                Unborn = unborn,
                RefPrefixes = prefixes,
            }
        );
    }

    /// <summary>False if servers may read another prefix: for git a NUL ends it, and the shorter prefix covers more.</summary>
    private static bool Keep(List<string> prefixes, in ReadOnlySequence<byte> prefix)
    {
        string name = RefName.FromBytes(prefix);
        prefixes.Add(name);
        return PlainText.HasNoControls(name);
    }
}
