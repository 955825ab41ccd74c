using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// The arguments of a v2 fetch (gitprotocol-v2, fetch), read and written. An argument that the node does not know makes the request
/// foreign.
/// </summary>
internal static class FetchArguments
{
    [Flags]
    private enum Flags
    {
        None = 0,
        Done = 1,
        ThinPack = 2,
        OfsDelta = 4,
        IncludeTag = 8,
        NoProgress = 16,
        DeepenRelative = 32,
        WaitForDone = 64,
        SidebandAll = 128,
    }

    /// <summary>Reads from after the delim-pkt to the flush-pkt; the bytes are known to hold it.</summary>
    public static ParsedCommand Parse(ref ReadOnlySequence<byte> arguments, ObjectFormat format, int maxObjects)
    {
        var lines = new FetchLines(format, maxObjects, arguments.Length);
        Flags flags = Flags.None;
        while (CommandParser.TryReadArgument(ref arguments, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.Want, out ReadOnlySequence<byte> hex))
            {
                lines.TakeWant(hex);
            }
            else if (lines.TryTakeHave(line) || lines.TryTakeLimit(line))
            {
                continue;
            }
            else if (FlagOf(line) is not Flags.None and var flag)
            {
                flags |= flag;
            }
            else
            {
                lines.TakeForeign(ReasonOf(line));
            }
        }
        if (!lines.HasWants)
        {
            lines.TakeForeign(ForeignReason.NoWants);
        }

        FetchRequest request = lines.Build();
        return lines.Foreign is { } reason
            ? new ParsedCommand.Foreign(reason)
            : new ParsedCommand.Fetch(
                request with
                {
                    ThinPack = flags.HasFlag(Flags.ThinPack),
                    OfsDelta = flags.HasFlag(Flags.OfsDelta),
                    IncludeTag = flags.HasFlag(Flags.IncludeTag),
                    DeepenRelative = flags.HasFlag(Flags.DeepenRelative),
                    Pack =
                        flags.HasFlag(Flags.Done) ? PackWhen.AtOnce
                        : flags.HasFlag(Flags.WaitForDone) ? PackWhen.Never
                        : PackWhen.WhenReady,
                },
                new ResponseFraming { NoProgress = flags.HasFlag(Flags.NoProgress), SidebandAll = flags.HasFlag(Flags.SidebandAll) }
            );
    }

    /// <summary>Writes the arguments in the order and with the line feeds of git's own client.</summary>
    public static void Write(IBufferWriter<byte> writer, FetchRequest request, ResponseFraming framing)
    {
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

        FetchLines.WriteBoundary(writer, request);
        if (request.DeepenRelative)
        {
            PktLineWriter.WriteText(writer, Keywords.DeepenRelative);
        }

        FetchLines.WriteFilter(writer, request);
        FetchLines.WriteWants(writer, request.Wants);
        FetchLines.WriteHaves(writer, request.Haves);
        if (request.IsDone)
        {
            PktLineWriter.WriteText(writer, Keywords.Done);
        }
    }

    private static Flags FlagOf(in PktLine line) =>
        line.TextIs(Keywords.Done) ? Flags.Done
        : line.TextIs(Keywords.ThinPack) ? Flags.ThinPack
        : line.TextIs(Keywords.OfsDelta) ? Flags.OfsDelta
        : line.TextIs(Keywords.IncludeTag) ? Flags.IncludeTag
        : line.TextIs(Keywords.NoProgress) ? Flags.NoProgress
        : line.TextIs(Keywords.DeepenRelative) ? Flags.DeepenRelative
        : line.TextIs(Keywords.WaitForDone) ? Flags.WaitForDone
        : line.TextIs(Keywords.SidebandAll) ? Flags.SidebandAll
        : Flags.None;

    private static ForeignReason ReasonOf(in PktLine line) =>
        line.TryStripPrefix(Keywords.WantRef, out _) ? ForeignReason.WantRef
        : line.TryStripPrefix(Keywords.PackfileUrisArgument, out _) ? ForeignReason.PackfileUris
        : ForeignReason.UnknownArgument;
}
