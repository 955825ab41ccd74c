using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Fetching;

/// <summary>The arguments of a v2 fetch (gitprotocol-v2, fetch): every one known to us, or the request is foreign.</summary>
internal static class FetchRequestV2Parser
{
    /// <summary>Reads from after the delim-pkt to the flush-pkt; the bytes are known to hold it.</summary>
    public static ParsedCommand Parse(ref ReadOnlySequence<byte> arguments, ObjectFormat format, string? agent, int maxObjects)
    {
        var builder = new FetchRequestBuilder(format, maxObjects);
        FetchRequest flags = new();
        while (CommandParser.TryReadArgument(ref arguments, out PktLine line))
        {
            if (line.TryStripPrefix(Keywords.Want, out ReadOnlySequence<byte> hex)) builder.TakeWant(hex);
            else if (builder.TryTakeHave(line) || builder.TryTakeLimit(line)) continue;
            else if (TryTakeFlag(line, flags) is { } more) flags = more;
            else builder.TakeForeign(ReasonOf(line));
        }
        if (!builder.HasWants) builder.TakeForeign(ForeignReason.NoWants);
        FetchRequest request = builder.Build();
        return builder.Foreign is { } reason
            ? new ParsedCommand.Foreign(reason)
            : new ParsedCommand.Fetch(flags with
            {
                ObjectFormat = format,
                Agent = agent,
                Wants = request.Wants,
                Haves = request.Haves,
                Shallows = request.Shallows,
                Depth = request.Depth,
                DeepenSince = request.DeepenSince,
                Filter = request.Filter,
            });
    }

    private static FetchRequest? TryTakeFlag(in PktLine line, FetchRequest flags) =>
        line.TextIs(Keywords.Done) ? flags with { Done = true }
        : line.TextIs(Keywords.ThinPack) ? flags with { ThinPack = true }
        : line.TextIs(Keywords.OfsDelta) ? flags with { OfsDelta = true }
        : line.TextIs(Keywords.IncludeTag) ? flags with { IncludeTag = true }
        : line.TextIs(Keywords.NoProgress) ? flags with { NoProgress = true }
        : line.TextIs(Keywords.DeepenRelative) ? flags with { DeepenRelative = true }
        : line.TextIs(Keywords.WaitForDone) ? flags with { WaitForDone = true }
        : line.TextIs(Keywords.SidebandAll) ? flags with { SidebandAll = true }
        : null;

    private static ForeignReason ReasonOf(in PktLine line) =>
        line.TryStripPrefix(Keywords.WantRef, out _) ? ForeignReason.WantRef
        : line.TryStripPrefix(Keywords.PackfileUrisArgument, out _) ? ForeignReason.PackfileUris
        : ForeignReason.UnknownArgument;
}
