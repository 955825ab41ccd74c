using System.Buffers;
using Waystation.TestKit.Wire;
using static Waystation.GitProtocol.ProtocolError;
using static Waystation.GitProtocol.Tests.Speaker;
using static Waystation.TestKit.Wire.Lines;

namespace Waystation.GitProtocol.Tests;

/// <summary>Shapes that the protocol forbids, each row named by its rule and refused by its own error.</summary>
public sealed class MustRefuseTests
{
    private static readonly (ProtocolError Error, Row Row)[] s_rows =
    [
        (BadPktLength, new("common: pkt-len 0003", RequestV2, "command=fetch", "raw:0003")),
        (BadPktLength, new("common: pkt-len must be hexadecimal", RequestV2, "command=fetch", "raw:+005x")),
        (PktLineTooLong, new("common: pkt-len over 65520", RequestV2, "command=fetch", "raw:fff1")),
        (Truncated, new("v2: nothing at all", RequestV2)),
        (Truncated, new("v2: no flush-pkt at the end", RequestV2, "command=fetch", Delim, "want " + Ids.A)),
        (TrailingBytes, new("v2: bytes after the request", RequestV2, "command=ls-refs", Delim, Flush, "raw:0")),
        (TrailingBytes, new("v2: two requests in one body", RequestV2, "command=ls-refs", Flush, "command=ls-refs", Flush)),
        (TrailingBytes, new("v2: bytes after a foreign request", RequestV2, "command=x", Flush, Flush)),
        (NoCommand, new("v2: capabilities without a command", RequestV2, "agent=git/2", Delim, Flush)),
        (NoCommand, new("v2: a delim-pkt without a command", RequestV2, Delim, Flush)),
        (Duplicate, new("v2: two commands", RequestV2, "command=fetch", "command=fetch", Delim, Flush)),
        (BadObjectFormat, new("v2: an unknown object format", RequestV2, "command=fetch", "object-format=md5", Delim, Flush)),
        (
            BadObjectFormat,
            new("v2: two object formats", RequestV2, "command=fetch", "object-format=sha1", "object-format=sha256", Delim, Flush)
        ),
        (
            BadObjectId,
            new("v2: an id of the other format", RequestV2, "command=fetch", "object-format=sha256", Delim, "want " + Ids.A, Flush)
        ),
        (BadObjectId, new("v2: an id too long", RequestV2, "command=fetch", Delim, "want " + Ids.A + "a", Flush)),
        (BadObjectId, new("v2: an id with a space after it", RequestV2, "command=fetch", Delim, "want " + Ids.A + " ", Flush)),
        (BadObjectId, new("v2: two line feeds", RequestV2, "command=fetch", Delim, "have " + Ids.A + "\n", Flush)),
        (BadObjectId, new("v2: an abbreviated shallow", RequestV2, "command=fetch", Delim, "shallow abc", Flush)),
        (UnexpectedPacket, new("v2: a second delim-pkt", RequestV2, "command=fetch", Delim, "want " + Ids.A, Delim, Flush)),
        (UnexpectedPacket, new("v2: a response-end-pkt among arguments", RequestV2, "command=fetch", Delim, ResponseEnd, Flush)),
        (UnexpectedPacket, new("v2: a response-end-pkt among capabilities", RequestV2, "command=fetch", ResponseEnd, Flush)),
        (BadNumber, new("v2: deepen 0", RequestV2, "command=fetch", Delim, "deepen 0", Flush)),
        (BadNumber, new("v2: a negative depth", RequestV2, "command=fetch", Delim, "deepen -1", Flush)),
        (BadNumber, new("v2: a depth with a sign", RequestV2, "command=fetch", Delim, "deepen +1", Flush)),
        (BadNumber, new("v2: a depth that git would read as octal", RequestV2, "command=fetch", Delim, "deepen 010", Flush)),
        (BadNumber, new("v2: a depth that git would read as hexadecimal", RequestV2, "command=fetch", Delim, "deepen 0x10", Flush)),
        (BadNumber, new("v2: a depth over its range", RequestV2, "command=fetch", Delim, "deepen 2147483648", Flush)),
        (BadNumber, new("v2: a depth of nothing", RequestV2, "command=fetch", Delim, "deepen ", Flush)),
        (BadNumber, new("v2: a depth with something after it", RequestV2, "command=fetch", Delim, "deepen 1 ", Flush)),
        (BadNumber, new("v2: a time over its range", RequestV2, "command=fetch", Delim, "deepen-since 9223372036854775808", Flush)),
        (Duplicate, new("v2: two depths", RequestV2, "command=fetch", Delim, "want " + Ids.A, "deepen 1", "deepen 1", Flush)),
        (Duplicate, new("v2: two filters", RequestV2, "command=fetch", Delim, "want " + Ids.A, "filter tree:0", "filter tree:0", Flush)),
        (
            Conflict,
            new("v2: deepen with deepen-since", RequestV2, "command=fetch", Delim, "want " + Ids.A, "deepen 1", "deepen-since 1", Flush)
        ),
        (
            TooLong,
            new("v2: a prefix longer than any ref", RequestV2, "command=ls-refs", Delim, "ref-prefix " + new string('x', 5_000), Flush)
        ),
        (Truncated, new("pack: no flush-pkt after the wants", RequestV0, "want " + Ids.A)),
        (Truncated, new("pack: haves without an end", RequestV0, "want " + Ids.A, Flush, "have " + Ids.B)),
        (TrailingBytes, new("pack: bytes after done", RequestV0, "want " + Ids.A, Flush, "done", "raw:PACK")),
        (TrailingBytes, new("pack: two flush-pkts after done", RequestV0, "want " + Ids.A, Flush, "done", Flush, Flush)),
        (UnexpectedLine, new("pack: a have among the wants", RequestV0, "want " + Ids.A, "have " + Ids.B, Flush, "done")),
        (UnexpectedLine, new("pack: a want among the haves", RequestV0, "want " + Ids.A, Flush, "want " + Ids.B, "done")),
        (UnexpectedPacket, new("pack: a delim-pkt among the wants", RequestV0, "want " + Ids.A, Delim, Flush)),
        (UnexpectedPacket, new("pack: a delim-pkt among the haves", RequestV0, "want " + Ids.A, Flush, Delim)),
        (BadObjectId, new("pack: capabilities without a space", RequestV0, "want " + Ids.A + "ofs-delta", Flush, "done")),
        (BadObjectId, new("pack: a have that is no id", RequestV0, "want " + Ids.A, Flush, "have " + Ids.B + " ", "done")),
        (
            BadObjectFormat,
            new("pack: another object format than the repository's", RequestV0, "want " + Ids.A + " object-format=sha256", Flush, "done")
        ),
        (Conflict, new("pack: a filter without its capability", RequestV0, "want " + Ids.A, "filter tree:0", Flush, "done")),
        (Conflict, new("pack: a filter before its capability", RequestV0, "filter tree:0", "want " + Ids.A + " filter", Flush, "done")),
        (BadObjectId, new("v2: an id with a NUL after it", RequestV2, "command=fetch", Delim, "want " + Ids.A + "\0", Flush)),
        (BadObjectId, new("pack: capabilities behind a tab", RequestV0, "want " + Ids.A + "\tofs-delta", Flush, "done")),
        (BadObjectId, new("pack: capabilities behind a NUL", RequestV0, "want " + Ids.A + "\0 ofs-delta", Flush, "done")),
        (BadNumber, new("v2: a depth with a NUL after it", RequestV2, "command=fetch", Delim, "deepen 1\0", Flush)),
        (UnexpectedLine, new("pack: done with a NUL after it", RequestV0, "want " + Ids.A, Flush, "done\0")),
        (
            UnexpectedSection,
            new("v2 answer: acknowledgments twice", AnswerV2, "acknowledgments", "ready", Delim, "acknowledgments", "ready", Delim)
        ),
        (UnexpectedSection, new("v2 answer: shallow-info twice", AnswerV2, "shallow-info", Delim, "shallow-info", Delim)),
        (
            UnexpectedSection,
            new("v2 answer: acknowledgments after shallow-info", AnswerV2, "shallow-info", Delim, "acknowledgments", Delim)
        ),
        (UnexpectedSection, new("v2 answer: a packfile without ready", AnswerV2, "acknowledgments", "NAK", Delim, "packfile", Flush)),
        (UnexpectedLine, new("v2 answer: not an acknowledgment", AnswerV2, "acknowledgments", "YES")),
        (UnexpectedLine, new("v2 answer: not a boundary", AnswerV2, "shallow-info", "deep " + Ids.A)),
        (BadObjectId, new("v2 answer: an ACK with a status of v0", AnswerV2, "acknowledgments", "ACK " + Ids.A + " common")),
        (UnexpectedPacket, new("v2 answer: a flush-pkt after ready", AnswerV2, "acknowledgments", "ready", Flush)),
        (UnexpectedPacket, new("v2 answer: a flush-pkt in shallow-info", AnswerV2, "shallow-info", Flush)),
        (UnexpectedPacket, new("v2 answer: a delim-pkt where a section begins", AnswerV2, Delim)),
        (UnexpectedPacket, new("v2 answer: a delim-pkt in the packfile section", AnswerV2, "packfile", Delim)),
        (BadBand, new("v2 answer: band 0", AnswerV2, "packfile", "nolf:\0x")),
        (BadBand, new("v2 answer: band 4", AnswerV2, "packfile", "nolf:\u0004x")),
        (BadBand, new("v2 answer: band 4 and nothing", AnswerV2, "packfile", "nolf:\u0004")),
        (UnexpectedLine, new("v0 answer: neither ACK nor NAK", AnswerV0, "OK")),
        (UnexpectedLine, new("v0 answer: an ACK of an unknown kind", AnswerV0, "ACK " + Ids.B + " perhaps")),
        (UnexpectedLine, new("v0 answer: an ACK without an id", AnswerV0, "ACK 1")),
        (UnexpectedLine, new("v0 answer: a flush-pkt for an acknowledgment", AnswerV0, Flush)),
    ];

    public static TheoryData<string> Rules => [.. s_rows.Select(row => row.Row.Rule)];

    [Theory, MemberData(nameof(Rules))]
    public void Shape_IsRefused_HoweverTheBytesArrive(string rule)
    {
        (ProtocolError error, Row row) = s_rows.Single(row => row.Row.Rule == rule);
        foreach (ReadOnlySequence<byte> cut in Cuts.Of(row.Bytes))
        {
            Assert.Equal(error, Assert.Throws<GitProtocolException>(() => row.Try(cut)).Error);
        }
    }
}
