using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>The arguments of a v2 fetch (gitprotocol-v2, fetch): every one known to us, or the request is foreign.</summary>
internal static class FetchRequestV2Parser
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
        var builder = new FetchRequestBuilder(format, maxObjects, arguments.Length);
        Flags flags = Flags.None;
        while (CommandParser.TryReadArgument(ref arguments, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.Want, out ReadOnlySequence<byte> hex))
            {
                builder.TakeWant(hex);
            }
            else if (builder.TryTakeHave(line) || builder.TryTakeLimit(line))
            {
                continue;
            }
            else if (FlagOf(line) is not Flags.None and var flag)
            {
                flags |= flag;
            }
            else
            {
                builder.TakeForeign(ReasonOf(line));
            }
        }
        if (!builder.HasWants)
        {
            builder.TakeForeign(ForeignReason.NoWants);
        }

        FetchRequest request = builder.Build();
        return builder.Foreign is { } reason
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
