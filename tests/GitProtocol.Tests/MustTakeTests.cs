using Waystation.TestKit.Wire;
using static Waystation.GitProtocol.Tests.Speaker;
using static Waystation.TestKit.Wire.Lines;

namespace Waystation.GitProtocol.Tests;

/// <summary>Shapes that the protocol allows, or that git takes though it does not write them. Each row is named by its rule.</summary>
public sealed class MustTakeTests
{
    private static readonly Row[] s_rows =
    [
        new("common: receivers must not require the LF", RequestV2, "nolf:command=fetch", Delim, "nolf:want " + Ids.A, "nolf:done", Flush),
        new("common: pkt-len digits are of either case", RequestV2, "command=fetch", Delim, "raw:000Adone\n\n", "want " + Ids.A, Flush),
        new("common: an empty line is a line", RequestV2, "command=fetch", Delim, "raw:0004", "want " + Ids.A, Flush),
        new(
            "common: object ids are case-insensitive",
            RequestV2,
            "command=fetch",
            Delim,
            "want " + "ABCDEF" + "0123456789012345678901234567890123",
            Flush
        ),
        new(
            "v2: capabilities in any order",
            RequestV2,
            "agent=git/2",
            "object-format=sha1",
            "command=fetch",
            Delim,
            "want " + Ids.A,
            Flush
        ),
        new("v2: the same object format twice", RequestV2, "command=ls-refs", "object-format=sha1", "object-format=sha1", Delim, Flush),
        new("v2: a session-id", RequestV2, "command=fetch", "session-id=x", Delim, "want " + Ids.A, "done", Flush),
        new("v2: no arguments after the delim-pkt", RequestV2, "command=ls-refs", Delim, Flush),
        new("v2: no delim-pkt when there are no arguments", RequestV2, "command=ls-refs", Flush),
        new("v2: an empty request", RequestV2, Flush),
        new("v2: a command of tomorrow", RequestV2, "command=object-info", Delim, "size", "oid " + Ids.A, Flush),
        new("v2: a capability of tomorrow", RequestV2, "command=fetch", "mood=good", Delim, "want " + Ids.A, Flush),
        new("v2: arguments in any order", RequestV2, "command=fetch", Delim, "done", "have " + Ids.B, "want " + Ids.A, "ofs-delta", Flush),
        new("v2: the same flag twice", RequestV2, "command=fetch", Delim, "want " + Ids.A, "thin-pack", "thin-pack", Flush),
        new("v2: a want repeated", RequestV2, "command=fetch", Delim, "want " + Ids.A, "want " + Ids.A, Flush),
        new("v2: deepen to infinity", RequestV2, "command=fetch", Delim, "want " + Ids.A, "deepen 2147483647", Flush),
        new(
            "v2: deepen-since with deepen-not",
            RequestV2,
            "command=fetch",
            Delim,
            "want " + Ids.A,
            "deepen-since 1",
            "deepen-not x",
            Flush
        ),
        new("v2: haves without done", RequestV2, "command=fetch", Delim, "want " + Ids.A, "have " + Ids.B, Flush),
        new("v2: an empty ref-prefix", RequestV2, "command=ls-refs", Delim, "ref-prefix ", Flush),
        new("pack: a want without capabilities", RequestV0, "want " + Ids.A, Flush, "done"),
        new("pack: capabilities on a later want", RequestV0, "want " + Ids.A, "want " + Ids.B + " ofs-delta", Flush, "done"),
        new("pack: shallows before wants", RequestV0, "shallow " + Ids.B, "want " + Ids.A, Flush, "done"),
        new("pack: several rounds in one body", RequestV0, "want " + Ids.A, Flush, "have " + Ids.B, Flush, "have " + Ids.C, Flush, "done"),
        new("pack: a round without haves", RequestV0, "want " + Ids.A, Flush, Flush, "done"),
        new("pack: a body that ends after its round", RequestV0, "want " + Ids.A, Flush, "have " + Ids.B, Flush),
        new("pack: a body of needs only", RequestV0, "want " + Ids.A, "deepen 1", Flush),
        new("pack: a flush-pkt after done", RequestV0, "want " + Ids.A, Flush, "done", Flush),
        new("pack: a lone flush-pkt", RequestV0, Flush),
        new("pack: two spaces between capabilities", RequestV0, "want " + Ids.A + "  ofs-delta  thin-pack ", Flush, "done"),
        new("pack: the object format of the repository", RequestV0, "want " + Ids.A + " object-format=sha1", Flush, "done"),
        new("v2 answer: NAK and ready", AnswerV2, "acknowledgments", "NAK", "ready", Delim, "packfile", Flush),
        new("v2 answer: an empty shallow-info", AnswerV2, "shallow-info", Delim, "packfile", Flush),
        new("v2 answer: an empty packfile section", AnswerV2, "packfile", Flush),
        new("v2 answer: keepalives of both kinds", AnswerV2, "packfile", "raw:0004", "raw:0005\u0001", "raw:0005\u0002", Flush),
        new("v2 answer: nothing", AnswerV2, Flush),
        new("v2 answer: an ERR packet", AnswerV2, "ERR x"),
        new("v0 answer: NAK then ACK", AnswerV0, "NAK", "ACK " + Ids.B + " common", "ACK " + Ids.B, "nolf:\u0001x", Flush),
        new("v0 answer: continue under multi_ack_detailed", AnswerV0, "ACK " + Ids.B + " continue", "ACK " + Ids.B, Flush),
        new("v0 answer: an ERR packet after NAK", AnswerV0, "NAK", "ERR x"),
    ];

    public static TheoryData<string> Rules => [.. s_rows.Select(row => row.Rule)];

    [Theory, MemberData(nameof(Rules))]
    public void Shape_IsTaken_HoweverTheBytesArrive(string rule)
    {
        Row row = s_rows.Single(row => row.Rule == rule);
        Assert.All(Cuts.Of(row.Bytes), row.Try);
    }
}
