using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// Reads the request of a v0 or v1 client (gitprotocol-pack, Packfile Negotiation):
/// <code>
///   want id capabilities, want…, shallow…, deepen…, filter ─ flush        the needs
///   have… ─ flush                                                         a round, any number of times
///   have… ─ done                                                          the last one
/// </code>
/// A stateless client repeats its needs with each round, so a body holds one round, or none. On a channel the server answers
/// round by round: use <see cref="TryReadNeeds"/> and <see cref="TryReadRound"/> there.
/// </summary>
public static class FetchRequestV0Parser
{
    /// <summary>Reads the body of one stateless request, in the object format that its first want has.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySequence{byte}, int, ObjectFormat, int)" path="/exception"/>
    public static ParsedCommand Parse(ReadOnlySequence<byte> wholeBody, int version) => Parse(wholeBody, version, FormatOf(wholeBody));

    /// <summary>Reads the body of one stateless request: the needs, and at most one round.</summary>
    /// <exception cref="GitProtocolException">It is malformed, ends too early or goes on too long.</exception>
    public static ParsedCommand Parse(
        ReadOnlySequence<byte> wholeBody,
        int version,
        ObjectFormat format,
        int maxObjects = CommandParser.DefaultMaxObjects
    )
    {
        if (!TryReadNeeds(ref wholeBody, version, format, out ParsedCommand? needs, maxObjects))
        {
            ThrowTruncated();
        }

        if (needs is null)
        {
            return new ParsedCommand.Foreign(ForeignReason.EmptyRequest);
        }

        if (needs is not ParsedCommand.Fetch(var request, var framing))
        {
            return needs;
        }

        int left = maxObjects - request.Wants.Count;
        var haves = new ObjectIdSet(ObjectIdLine.MostHavesIn(wholeBody.Length, left));
        bool done = false;
        bool hasRound = !wholeBody.IsEmpty;
        long scanned = 0;
        if (hasRound && !TryReadRound(ref wholeBody, ref scanned, format, haves, out done, left))
        {
            ThrowTruncated();
        }
        // Some clients end any request with a flush-pkt.
        bool ends = wholeBody.IsEmpty || (wholeBody.Length == PktLineReader.HeaderLength && PktLine.StartsWith(wholeBody, "0000"u8));
        if (!ends && done)
        {
            GitProtocolException.Throw(ProtocolError.TrailingBytes, "Bytes after done.");
        }

        return ends
            ? new ParsedCommand.Fetch(request with { Haves = haves.ToList(), Pack = framing.WhenPackComes(done, haves.Count > 0) }, framing)
            : CheckRest(ref wholeBody, format, maxObjects);

        static void ThrowTruncated() =>
            GitProtocolException.Throw(ProtocolError.Truncated, "The request ends before its flush-pkt or done.");
    }

    /// <summary>
    /// Removes the needs, with their flush-pkt, from the buffer. While they are not whole it returns false and leaves the buffer unchanged.
    /// True with no command means that the client ends the conversation.
    /// </summary>
    public static bool TryReadNeeds(
        ref ReadOnlySequence<byte> buffer,
        int version,
        ObjectFormat format,
        out ParsedCommand? needs,
        int maxObjects = CommandParser.DefaultMaxObjects
    )
    {
        long scanned = 0;
        return TryReadNeeds(ref buffer, ref scanned, version, format, out needs, maxObjects);
    }

    /// <summary>
    /// The same for a buffer that grows: <paramref name="scanned"/>, 0 at first, keeps the place up to which no end was found. It is 0
    /// again when the needs were taken.
    /// </summary>
    public static bool TryReadNeeds(
        ref ReadOnlySequence<byte> buffer,
        ref long scanned,
        int version,
        ObjectFormat format,
        out ParsedCommand? needs,
        int maxObjects = CommandParser.DefaultMaxObjects
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(version, 1);
        needs = null;
        if (!CommandParser.TryFindFlush(buffer, ref scanned))
        {
            return false;
        }

        ReadOnlySequence<byte> lines = buffer.Slice(0, scanned);
        if (scanned > PktLineReader.HeaderLength)
        {
            needs = ParseNeeds(lines, version, format, maxObjects);
        }

        buffer = buffer.Slice(scanned);
        scanned = 0;
        return true;
    }

    /// <summary>Whether these needs, foreign ones too, move the client's boundary. Then the server sends the new boundary before it reads
    /// haves.</summary>
    public static bool Deepens(ReadOnlySequence<byte> needs)
    {
        while (PktLineReader.TryRead(ref needs, out PktLine line) && line.Kind == PktLineKind.Data)
        {
            if (
                line.TryStripPrefix(Keywords.Deepen, out _)
                || line.TryStripPrefix(Keywords.DeepenSince, out _)
                || line.TryStripPrefix(Keywords.DeepenNot, out _)
            )
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Removes one round of haves from the buffer, to its flush-pkt or to done, and adds them. While the round is not whole it returns
    /// false and changes nothing.
    /// </summary>
    public static bool TryReadRound(
        ref ReadOnlySequence<byte> buffer,
        ObjectFormat format,
        ICollection<ObjectId> haves,
        out bool done,
        int maxObjects = CommandParser.DefaultMaxObjects
    )
    {
        long scanned = 0;
        return TryReadRound(ref buffer, ref scanned, format, haves, out done, maxObjects);
    }

    /// <summary>
    /// The same for a buffer that grows. <paramref name="scanned"/>, 0 at first, keeps the place up to which there is no end. It is 0
    /// again after a round.
    /// </summary>
    public static bool TryReadRound(
        ref ReadOnlySequence<byte> buffer,
        ref long scanned,
        ObjectFormat format,
        ICollection<ObjectId> haves,
        out bool done,
        int maxObjects = CommandParser.DefaultMaxObjects
    )
    {
        ArgumentNullException.ThrowIfNull(haves);
        var set = new ObjectIdSet(ObjectIdLine.MostHavesIn(buffer.Length, maxObjects - haves.Count));
        if (!TryReadRound(ref buffer, ref scanned, format, set, out done, maxObjects - haves.Count))
        {
            return false;
        }

        set.AddTo(haves);

        return true;
    }

    private static ParsedCommand.Foreign CheckRest(ref ReadOnlySequence<byte> rounds, ObjectFormat format, int maxObjects)
    {
        var haves = new ObjectIdSet();
        for (bool done = false; !done && !rounds.IsEmpty; )
        {
            long scanned = 0;
            if (!TryReadRound(ref rounds, ref scanned, format, haves, out done, maxObjects))
            {
                GitProtocolException.Throw(ProtocolError.Truncated, "The request ends before its flush-pkt or done.");
            }
        }
        return new ParsedCommand.Foreign(ForeignReason.SecondRound);
    }

    private static ObjectFormat FormatOf(ReadOnlySequence<byte> body)
    {
        bool isSha256 =
            PktLineReader.TryRead(ref body, out PktLine first)
            && first.TryStripPrefix(Keywords.Want, out ReadOnlySequence<byte> want)
            && want.Length >= ObjectFormat.Sha256.HexLength
            && ObjectId.TryParse(want.Slice(0, ObjectFormat.Sha256.HexLength), ObjectFormat.Sha256, out _);
        return isSha256 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
    }

    private static bool TryReadRound(
        ref ReadOnlySequence<byte> buffer,
        ref long scanned,
        ObjectFormat format,
        ObjectIdSet haves,
        out bool done,
        int most
    )
    {
        if (!TryFindRoundEnd(buffer, ref scanned, out done))
        {
            return false;
        }

        ReadOnlySequence<byte> round = buffer.Slice(0, scanned);
        while (PktLineReader.TryRead(ref round, out PktLine line) && line.TryStripPrefix(Keywords.Have, out ReadOnlySequence<byte> hex))
        {
            if (haves.Count >= most)
            {
                GitProtocolException.Throw(ProtocolError.TooMany, "Too many haves.");
            }

            haves.Add(ObjectIdLine.Read(hex, format));
        }
        buffer = buffer.Slice(scanned);
        scanned = 0;
        return true;
    }

    private static bool TryFindRoundEnd(in ReadOnlySequence<byte> buffer, ref long scanned, out bool done)
    {
        ReadOnlySequence<byte> lines = buffer.Slice(scanned);
        done = false;
        while (PktLineReader.TryRead(ref lines, out PktLine line))
        {
            scanned += PktLineReader.HeaderLength + line.Payload.Length;
            done = line.TextIs(Keywords.Done);
            if (done || line.Kind == PktLineKind.Flush)
            {
                return true;
            }

            if (line.TryStripPrefix(Keywords.Have, out _))
            {
                continue;
            }

            ProtocolError error = line.Kind == PktLineKind.Data ? ProtocolError.UnexpectedLine : ProtocolError.UnexpectedPacket;
            GitProtocolException.Throw(error, "Neither have nor done nor flush.");
        }
        if (buffer.Length > CommandParser.MaxCommandLength)
        {
            GitProtocolException.Throw(ProtocolError.TooLong, "A round without an end.");
        }

        return false;
    }

    private static ParsedCommand ParseNeeds(ReadOnlySequence<byte> lines, int version, ObjectFormat format, int maxObjects)
    {
        var fetch = new FetchLines(format, maxObjects, lines.Length);
        var capabilities = new CapabilityList(format);
        while (CommandParser.TryReadArgument(ref lines, out PktLine line))
        {
            if (fetch.TryTakeLimit(line))
            {
                // As in git, the capability must come before the line that needs it.
                if (fetch.HasFilter && !capabilities.HasFilter)
                {
                    GitProtocolException.Throw(ProtocolError.Conflict, "A filter without its capability.");
                }
                continue;
            }
            if (!line.TryStripPrefix(Keywords.Want, out ReadOnlySequence<byte> want))
            {
                GitProtocolException.Throw(ProtocolError.UnexpectedLine, "Not a line of a v0 request.");
            }
            // Only the first want carries capabilities: git takes them from any, others do not.
            bool isFirst = !fetch.HasWants;
            fetch.TakeWant(want.Slice(0, Math.Min(want.Length, format.HexLength)));
            if (want.Length <= format.HexLength)
            {
                continue;
            }

            capabilities.Take(want.Slice(format.HexLength));
            if (!isFirst)
            {
                fetch.TakeForeign(ForeignReason.UnknownCapability);
            }
        }
        if (capabilities.Foreign is { } strange)
        {
            fetch.TakeForeign(strange);
        }

        if (!fetch.HasWants)
        {
            fetch.TakeForeign(ForeignReason.NoWants);
        }

        FetchRequest request = capabilities.ApplyTo(fetch.Build()) with { Pack = PackWhen.Never };
        return fetch.Foreign is { } reason
            ? new ParsedCommand.Foreign(reason)
            : new ParsedCommand.Fetch(request, capabilities.ToFraming(version));
    }
}
