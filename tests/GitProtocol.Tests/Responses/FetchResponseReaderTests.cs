using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Responses;

public sealed class FetchResponseReaderTests
{
    [Theory, EveryCut("packfile", "nolf:\u0001PACK", Lines.Flush)]
    public void CloneAnswer_BeginsWithThePack(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(
            ResponseStart.Pack,
            FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, false, out FetchPrologue? prologue)
        );
        Assert.Equal(FetchPrologue.Empty, prologue);
        Assert.Equal([(BandKind.PackData, "PACK"), (BandKind.End, "")], Bands(bytes));
    }

    [
        Theory,
        EveryCut(
            "acknowledgments",
            "ACK " + Ids.A,
            "ACK " + Ids.B,
            "ready",
            Lines.Delim,
            "shallow-info",
            "nolf:shallow " + Ids.C,
            "unshallow " + Ids.D,
            Lines.Delim,
            "packfile",
            "nolf:\u0002counting",
            "raw:0004",
            "raw:0005\u0001",
            "raw:0005\u0002",
            "nolf:\u0001x",
            "nolf:\u0003gone",
            Lines.Flush
        )
    ]
    public void AllSections_AreRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(
            ResponseStart.Pack,
            FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, false, out FetchPrologue? prologue)
        );
        Assert.Equal(All, prologue);
        Assert.Equal(
            [
                (BandKind.Progress, "counting"),
                (BandKind.Keepalive, ""),
                (BandKind.Keepalive, ""),
                (BandKind.Keepalive, ""),
                (BandKind.PackData, "x"),
                (BandKind.Error, "gone"),
                (BandKind.End, ""),
            ],
            Bands(bytes)
        );
    }

    [
        Theory,
        EveryCut(
            "\u0001acknowledgments",
            "\u0001ACK " + Ids.A,
            "\u0002wait",
            "\u0001ACK " + Ids.B,
            "raw:0005\u0002",
            "\u0001ready",
            Lines.Delim,
            "\u0001shallow-info",
            "\u0001shallow " + Ids.C,
            "\u0001unshallow " + Ids.D,
            Lines.Delim,
            "\u0001packfile",
            "nolf:\u0001PACK",
            Lines.Flush
        )
    ]
    public void SidebandAll_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(
            ResponseStart.Pack,
            FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, true, out FetchPrologue? prologue)
        );
        Assert.Equal(All, prologue);
        Assert.Equal([(BandKind.PackData, "PACK"), (BandKind.End, "")], Bands(bytes));
    }

    [Theory, EveryCut("acknowledgments", "ACK " + Ids.A256, "ready", Lines.Delim, "packfile")]
    public void Sha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(
            ResponseStart.Pack,
            FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha256, false, out FetchPrologue? prologue)
        );
        Assert.Equal(Ids.Of(Ids.A256), prologue!.Acks);
    }

    [Theory]
    [EveryTruncation("acknowledgments", "ACK " + Ids.A, "ready", Lines.Delim, "shallow-info", "shallow " + Ids.C, Lines.Delim, "packfile")]
    [EveryTruncation("acknowledgments", "NAK", Lines.Flush)]
    public void TruncatedPrologue_NeedsMore_AndIsLeftAlone(ReadOnlySequence<byte> bytes)
    {
        long before = bytes.Length;
        Assert.Equal(ResponseStart.NeedMore, FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, false, out _));
        Assert.Equal(before, bytes.Length);
    }

    [Theory, EveryCut("acknowledgments", "ACK " + Ids.A, Lines.Flush), EveryCut("acknowledgments", "NAK", Lines.Flush)]
    public void RoundOfNegotiation_IsNoPack_ButSaysWhatIsCommon(ReadOnlySequence<byte> bytes)
    {
        byte[] before = bytes.ToArray();
        Assert.Equal(
            ResponseStart.NoPack,
            FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, false, out FetchPrologue? prologue)
        );
        Assert.Equal(before.Length, bytes.Length);
        var writer = new ArrayBufferWriter<byte>();
        FetchResponseWriter.WriteRoundV2(writer, prologue!, sidebandAll: false);
        Assert.Equal(before, writer.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("ERR upload-pack: not our ref " + Ids.A)]
    [InlineData("acknowledgments", "ERR no")]
    [InlineData("wanted-refs", Ids.A + " refs/heads/x", Lines.Delim, "packfile")]
    [InlineData("acknowledgments", "ready", Lines.Delim, "wanted-refs", Ids.A + " refs/heads/x", Lines.Delim, "packfile")]
    [InlineData("packfile-uris", Ids.A + " https://example.com/x.pack", Lines.Delim, "packfile")]
    [InlineData("section-of-tomorrow", "x", Lines.Delim, "packfile")]
    [InlineData(Lines.Flush)]
    public void AnswerWithoutAPackThatWeKeep_IsNoPack_AndIsLeftAlone(params string[] lines)
    {
        foreach (ReadOnlySequence<byte> cut in Cuts.Of(Lines.ToBytes(lines)))
        {
            ReadOnlySequence<byte> bytes = cut;
            Assert.Equal(
                ResponseStart.NoPack,
                FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, false, out FetchPrologue? prologue)
            );
            Assert.Null(prologue);
            Assert.Equal(cut.Length, bytes.Length);
        }
    }

    [Fact]
    public void ErrorOnItsBand_WithSidebandAll_IsNoPack()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes("\u0001acknowledgments", "\u0003no"));
        Assert.Equal(ResponseStart.NoPack, FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, true, out _));
    }

    [Theory, EveryTruncation("nolf:\u0001pack data")]
    public void PartialBand_IsLeftAlone(ReadOnlySequence<byte> bytes)
    {
        long before = bytes.Length;
        Assert.False(FetchResponseReader.TryReadBand(ref bytes, out _));
        Assert.Equal(before, bytes.Length);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void WrittenPrologue_IsReadToTheSame(bool sidebandAll)
    {
        foreach (
            FetchPrologue written in new[]
            {
                FetchPrologue.Empty,
                All,
                new() { HasShallowInfo = true },
                new() { HasAcknowledgments = true, Ready = true },
            }
        )
        {
            var writer = new ArrayBufferWriter<byte>();
            FetchResponseWriter.WritePrologueV2(writer, written, sidebandAll);
            var bytes = new ReadOnlySequence<byte>(writer.WrittenMemory);
            Assert.Equal(
                ResponseStart.Pack,
                FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, sidebandAll, out FetchPrologue? read)
            );
            Assert.Equal(written, read);
            Assert.True(bytes.IsEmpty);
        }
    }

    private static FetchPrologue All =>
        new()
        {
            HasAcknowledgments = true,
            Acks = Ids.Of(Ids.A, Ids.B),
            Ready = true,
            HasShallowInfo = true,
            Shallow = Ids.Of(Ids.C),
            Unshallow = Ids.Of(Ids.D),
        };

    internal static List<(BandKind Kind, string Text)> Bands(ReadOnlySequence<byte> bytes)
    {
        var bands = new List<(BandKind, string)>();
        while (FetchResponseReader.TryReadBand(ref bytes, out BandLine band))
        {
            bands.Add((band.Kind, Encoding.Latin1.GetString(band.Payload)));
        }

        Assert.True(bytes.IsEmpty);
        return bands;
    }
}
