using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Requests;

public sealed class FetchRequestV0ParserTests
{
    private const string Capabilities =
        " multi_ack_detailed no-done side-band-64k thin-pack include-tag ofs-delta deepen-since agent=git/2 filter";

    [
        Theory,
        EveryCut(
            "want " + Ids.A + Capabilities,
            "want " + Ids.B,
            "shallow " + Ids.C,
            "deepen 2",
            "filter blob:none",
            Lines.Flush,
            "have " + Ids.D,
            Lines.Flush,
            "have " + Ids.C,
            "have " + Ids.D,
            "done"
        )
    ]
    public void Request_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        Assert.True(FilterSpec.TryParse("blob:none", out FilterSpec? filter));
        FetchRequest expected = new()
        {
            Wants = Ids.Of(Ids.A, Ids.B),
            Shallows = Ids.Of(Ids.C),
            Haves = Ids.Of(Ids.D, Ids.C),
            Depth = 2,
            Filter = filter,
            ThinPack = true,
            IncludeTag = true,
            OfsDelta = true,
            Pack = PackWhen.AtOnce,
        };
        var framing = new ResponseFraming
        {
            ProtocolVersion = 1,
            MultiAck = MultiAck.Detailed,
            NoDone = true,
            SidebandKind = SidebandKind.Sideband64k,
        };
        // A stateless server answers the first round only, so a body with two is not this request.
        Assert.Equal(new ParsedCommand.Foreign(ForeignReason.SecondRound), FetchRequestV0Parser.Parse(bytes, 1, ObjectFormat.Sha1));
        Assert.True(FetchRequestV0Parser.TryReadNeeds(ref bytes, 1, ObjectFormat.Sha1, out ParsedCommand? needs));
        var haves = new List<ObjectId>();
        Assert.True(FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, haves, out bool done));
        Assert.False(done);
        Assert.True(FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, haves, out done));
        ParsedCommand.Fetch read = Assert.IsType<ParsedCommand.Fetch>(needs);
        Assert.Equal(framing, read.Framing);
        Assert.Equal(expected, read.Request with { Haves = [.. haves.Distinct()], Pack = framing.WhenPackComes(done, hasHaves: true) });
        Assert.True(bytes.IsEmpty);
    }

    [Theory, EveryCut("want " + Ids.A + Capabilities, Lines.Flush, "have " + Ids.C, "have " + Ids.D, "done", Lines.Flush)]
    public void StatelessBody_HoldsOneRound(ReadOnlySequence<byte> bytes)
    {
        FetchRequest request = Read(bytes);
        Assert.Equal(Ids.Of(Ids.C, Ids.D), request.Haves);
        Assert.True(request.IsDone);
    }

    [Theory]
    [InlineData(ObjectFormat.Sha1, "want " + Ids.A, Lines.Flush, "done")]
    [InlineData(ObjectFormat.Sha1, "want " + Ids.A + Capabilities, Lines.Flush, "done")]
    [InlineData(ObjectFormat.Sha256, "want " + Ids.A256, Lines.Flush, "done")]
    [InlineData(ObjectFormat.Sha256, "want " + Ids.A256 + " side-band-64k object-format=sha256", Lines.Flush, "done")]
    public void ObjectFormat_IsThatOfTheFirstWant(ObjectFormat expected, params string[] lines)
    {
        ParsedCommand command = FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(Lines.ToBytes(lines)), 0);
        Assert.Equal(expected, Assert.IsType<ParsedCommand.Fetch>(command).Request.ObjectFormat);
    }

    [Theory]
    [InlineData(true, " multi_ack_detailed no-done", "have " + Ids.B, Lines.Flush)]
    [InlineData(true, "", "done")]
    [InlineData(true, "", "have " + Ids.B, "done")]
    [InlineData(false, " multi_ack_detailed no-done", Lines.Flush)]
    [InlineData(false, " multi_ack_detailed no-done")]
    [InlineData(false, " multi_ack_detailed", "have " + Ids.B, Lines.Flush)]
    [InlineData(false, " multi_ack no-done", "have " + Ids.B, Lines.Flush)]
    [InlineData(false, " no-done", "have " + Ids.B, Lines.Flush)]
    public void Round_BringsAPack_OnlyWhenTheClientHasLetIt(bool expected, string capabilities, params string[] round)
    {
        byte[] bytes = Lines.ToBytes(["want " + Ids.A + capabilities, Lines.Flush, .. round]);
        Assert.Equal(expected, Read(new ReadOnlySequence<byte>(bytes)).MayBringPack);
    }

    [Theory, EveryCut("want " + Ids.A256, Lines.Flush, "done")]
    public void PlainCloneOfSha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        FetchRequest request = Read(bytes, ObjectFormat.Sha256);
        Assert.Equal(ObjectId.Parse(Ids.A256), Assert.Single(request.Wants));
        ResponseFraming framing = Assert.IsType<ParsedCommand.Fetch>(FetchRequestV0Parser.Parse(bytes, 0, ObjectFormat.Sha256)).Framing;
        Assert.Equal((SidebandKind.None, MultiAck.None), (framing.SidebandKind, framing.MultiAck));
    }

    [Theory, EveryTruncation("want " + Ids.A + " side-band-64k", Lines.Flush, "have " + Ids.B, "done")]
    public void TruncatedBody_IsNeverARequest_ButAfterAFlush(ReadOnlySequence<byte> bytes)
    {
        // A stateless body may end after the flush-pkt of its needs: then it has no done.
        if (bytes.Length == Lines.ToBytes("want " + Ids.A + " side-band-64k", Lines.Flush).Length)
        {
            Assert.False(Read(bytes).IsDone);
        }
        else
        {
            Assert.Equal(
                ProtocolError.Truncated,
                Assert.Throws<GitProtocolException>(() => FetchRequestV0Parser.Parse(bytes, 0, ObjectFormat.Sha1)).Error
            );
        }
        // On a channel the needs may be whole, and then the round is not.
        bool hasNeeds = FetchRequestV0Parser.TryReadNeeds(ref bytes, 0, ObjectFormat.Sha1, out _);
        long before = bytes.Length;
        Assert.False(hasNeeds && FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, new List<ObjectId>(), out _));
        Assert.Equal(before, bytes.Length);
    }

    [Theory, EveryCut("want " + Ids.A, "deepen 1", Lines.Flush, "have " + Ids.B, Lines.Flush, "have " + Ids.C, "done", "raw:PACK")]
    public void Channel_IsReadRoundByRound(ReadOnlySequence<byte> bytes)
    {
        Assert.True(FetchRequestV0Parser.TryReadNeeds(ref bytes, 0, ObjectFormat.Sha1, out ParsedCommand? needs));
        Assert.Equal(1, Assert.IsType<ParsedCommand.Fetch>(needs).Request.Depth);
        var haves = new List<ObjectId>();
        Assert.True(FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, haves, out bool done));
        Assert.False(done);
        Assert.True(FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, haves, out done));
        Assert.True(done);
        Assert.Equal(Ids.Of(Ids.B, Ids.C), haves);
        Assert.Equal(4, bytes.Length);
    }

    [Theory, EveryTruncation("have " + Ids.B, "done")]
    public void PartialRound_IsLeftAlone(ReadOnlySequence<byte> bytes)
    {
        var haves = new List<ObjectId>();
        long before = bytes.Length;
        Assert.False(FetchRequestV0Parser.TryReadRound(ref bytes, ObjectFormat.Sha1, haves, out _));
        Assert.Empty(haves);
        Assert.Equal(before, bytes.Length);
    }

    [Fact]
    public void ScannedPlace_SparesWhatWasLookedThrough()
    {
        byte[] needs = Lines.ToBytes("want " + Ids.A, "deepen 1", Lines.Flush),
            round = Lines.ToBytes("have " + Ids.B, "have " + Ids.C, "done");
        long scanned = 0;
        for (int length = 1; length < needs.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(needs, 0, length);
            Assert.False(FetchRequestV0Parser.TryReadNeeds(ref part, ref scanned, 0, ObjectFormat.Sha1, out _));
        }
        Assert.Equal(needs.Length - 4, scanned);
        var all = new ReadOnlySequence<byte>(needs);
        Assert.True(FetchRequestV0Parser.TryReadNeeds(ref all, ref scanned, 0, ObjectFormat.Sha1, out _));
        Assert.Equal(0, scanned);

        var haves = new List<ObjectId>();
        for (int length = 1; length < round.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(round, 0, length);
            Assert.False(FetchRequestV0Parser.TryReadRound(ref part, ref scanned, ObjectFormat.Sha1, haves, out _));
        }
        Assert.Equal(round.Length - "0008done".Length - 1, scanned);
        all = new ReadOnlySequence<byte>(round);
        Assert.True(FetchRequestV0Parser.TryReadRound(ref all, ref scanned, ObjectFormat.Sha1, haves, out _));
        Assert.Equal(0, scanned);
        Assert.Equal(Ids.Of(Ids.B, Ids.C), haves);
    }

    [Fact]
    public void LoneFlush_IsTheClientTakingItsLeave()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes(Lines.Flush));
        Assert.True(FetchRequestV0Parser.TryReadNeeds(ref bytes, 0, ObjectFormat.Sha1, out ParsedCommand? command));
        Assert.Null(command);
    }

    [Fact]
    public void ForeignNeeds_AreToldBeforeTheRounds_AsTheClientMayWaitForAnAnswer()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes("want " + Ids.A, "deepen-not refs/heads/x", Lines.Flush));
        Assert.True(FetchRequestV0Parser.TryReadNeeds(ref bytes, 0, ObjectFormat.Sha1, out ParsedCommand? command));
        Assert.Equal(new ParsedCommand.Foreign(ForeignReason.DeepenNot), command);
    }

    [Theory]
    [InlineData(true, "want " + Ids.A, "deepen 1", Lines.Flush)]
    [InlineData(true, "want " + Ids.A + " mood", "deepen-since 1", Lines.Flush)]
    [InlineData(true, "want " + Ids.A, "deepen-not refs/heads/x", Lines.Flush)]
    [InlineData(false, "want " + Ids.A + " mood deepen-since deepen-relative agent=deepen", "shallow " + Ids.B, Lines.Flush)]
    [InlineData(false, "want " + Ids.A, Lines.Flush, "deepen 1")]
    public void Boundary_IsMoved_OnlyByALineThatSaysSo(bool expected, params string[] lines) =>
        Assert.Equal(expected, FetchRequestV0Parser.Deepens(new ReadOnlySequence<byte>(Lines.ToBytes(lines))));

    internal static FetchRequest Read(ReadOnlySequence<byte> bytes, ObjectFormat format = ObjectFormat.Sha1) =>
        Assert.IsType<ParsedCommand.Fetch>(FetchRequestV0Parser.Parse(bytes, 0, format)).Request;
}
