using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Responses;

public sealed class FetchAnswerV0Tests
{
    private static readonly FetchRequest s_clone = new() { Wants = Ids.Of(Ids.A), Pack = PackWhen.AtOnce };

    private static readonly FetchRequest s_fetch = s_clone with { Haves = Ids.Of(Ids.B, Ids.C) };
    private static readonly FetchRequest s_round = s_fetch with { Pack = PackWhen.Never };
    private static readonly FetchRequest s_whenReady = s_fetch with { Pack = PackWhen.WhenReady };

    private static readonly ResponseFraming s_detailed = new() { ProtocolVersion = 0, MultiAck = MultiAck.Detailed };
    private static readonly ResponseFraming s_single = s_detailed with { MultiAck = MultiAck.None };
    private static readonly ResponseFraming s_bare = s_single with { SidebandKind = SidebandKind.None };

    [Theory, EveryCut("NAK", "nolf:\u0001PACK", Lines.Flush)]
    public void Clone_IsNakThenPack(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(FetchPrologue.Empty, ReadPack(ref bytes, s_clone, s_single));
        Assert.Equal([(BandKind.PackData, "PACK"), (BandKind.End, "")], FetchResponseReaderTests.Bands(bytes));
    }

    [Theory, EveryCut("NAK", "raw:PACK1234")]
    public void CloneWithoutSideband_IsNakThenTheBarePack(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(FetchPrologue.Empty, ReadPack(ref bytes, s_clone, s_bare));
        Assert.Equal("PACK1234", Encoding.ASCII.GetString(bytes));
    }

    [Theory, EveryCut("nolf:shallow " + Ids.A, "unshallow " + Ids.B, Lines.Flush, "NAK", "nolf:\u0002hm")]
    public void DeepeningClone_SaysItsBoundaryFirst(ReadOnlySequence<byte> bytes)
    {
        FetchPrologue prologue = ReadPack(ref bytes, s_clone with { Depth = 1 }, s_single);
        Assert.Equal(
            new FetchPrologue
            {
                HasShallowInfo = true,
                Shallow = Ids.Of(Ids.A),
                Unshallow = Ids.Of(Ids.B),
            },
            prologue
        );
    }

    [Theory, EveryCut("NAK", "ACK " + Ids.B + " common", "ACK " + Ids.C + " ready", "NAK", "ACK " + Ids.B, "nolf:\u0001PACK")]
    public void LastRoundOfAFetch_EndsWithThePlainAck(ReadOnlySequence<byte> bytes)
    {
        FetchPrologue prologue = ReadPack(ref bytes, s_fetch, s_detailed);
        Assert.Equal(
            new FetchPrologue
            {
                HasAcknowledgments = true,
                Acks = Ids.Of(Ids.B),
                Ready = true,
            },
            prologue
        );
        Assert.Equal([(BandKind.PackData, "PACK")], FetchResponseReaderTests.Bands(bytes));
    }

    [Theory]
    [EveryCut("ACK " + Ids.B, "nolf:\u0001PACK")]
    [EveryCut("ACK " + Ids.B, "ACK " + Ids.C, "nolf:\u0001PACK")]
    [EveryCut("ACK " + Ids.B, "ACK " + Ids.C, "ACK " + Ids.B, "nolf:\u0001PACK")]
    public void SingleAck_MayBeRepeated_BeforeThePack(ReadOnlySequence<byte> bytes)
    {
        FetchPrologue prologue = ReadPack(ref bytes, s_fetch, s_single);
        Assert.Equal(ObjectId.Parse(Ids.B), prologue.Acks[0]);
        Assert.Equal([(BandKind.PackData, "PACK")], FetchResponseReaderTests.Bands(bytes));
    }

    [Theory]
    [EveryCut("ACK " + Ids.B, "raw:PACK1234")]
    [EveryCut("ACK " + Ids.B, "ACK " + Ids.C, "raw:PACK1234")]
    public void SingleAck_MayBeRepeated_BeforeABarePack(ReadOnlySequence<byte> bytes)
    {
        ReadPack(ref bytes, s_fetch, s_bare);
        Assert.Equal("PACK1234", Encoding.ASCII.GetString(bytes));
    }

    [Theory, EveryTruncation("ACK " + Ids.B, "ACK " + Ids.C, "nolf:\u0001")]
    public void SingleAck_NeedsMore_UntilThePackBegins(ReadOnlySequence<byte> bytes) =>
        Assert.Equal(ResponseStart.NeedMore, FetchResponseReader.TryReadPrologueV0(ref bytes, s_fetch, s_single, out _));

    [Theory, EveryCut("ACK " + Ids.B + " common", "ACK " + Ids.B + " ready", "NAK", "ACK " + Ids.B, "nolf:\u0001PACK")]
    public void ReadyRoundWithNoDone_BringsThePack(ReadOnlySequence<byte> bytes) =>
        Assert.True(ReadPack(ref bytes, s_whenReady, s_detailed).Ready);

    [Theory]
    [EveryTruncation("NAK", "nolf:\u0001")]
    [EveryTruncation("NAK", "ACK " + Ids.B + " common", "NAK", "ACK " + Ids.B)]
    public void TruncatedPrologue_NeedsMore(ReadOnlySequence<byte> bytes)
    {
        long before = bytes.Length;
        Assert.Equal(ResponseStart.NeedMore, FetchResponseReader.TryReadPrologueV0(ref bytes, s_fetch, s_detailed, out _));
        Assert.Equal(before, bytes.Length);
    }

    [Theory]
    [InlineData("NAK")]
    [InlineData("ACK " + Ids.B + " common", "NAK")]
    [InlineData("ACK " + Ids.B + " ready", "NAK")]
    [InlineData("ERR upload-pack: not our ref")]
    public void RoundThatIsNotTheLast_IsNoPack(params string[] lines)
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes(lines));
        Assert.Equal(ResponseStart.NoPack, FetchResponseReader.TryReadPrologueV0(ref bytes, s_round, s_detailed, out _));
        Assert.False(bytes.IsEmpty);
    }

    [Fact]
    public void RequestForItsBoundaryOnly_IsNoPack()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes("shallow " + Ids.A, Lines.Flush));
        Assert.Equal(
            ResponseStart.NoPack,
            FetchResponseReader.TryReadPrologueV0(ref bytes, s_clone with { Pack = PackWhen.Never, Depth = 1 }, s_single, out _)
        );
    }

    [Theory]
    [InlineData("ACK " + Ids.B + " maybe")]
    [InlineData("ACK 1234")]
    [InlineData("NAKED")]
    [InlineData("packfile")]
    [InlineData("NAK", "NAKED")]
    public void WhatIsNoAcknowledgment_IsRefused(params string[] lines)
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes(lines));
        Assert.Throws<GitProtocolException>(() => FetchResponseReader.TryReadPrologueV0(ref bytes, s_fetch, s_detailed, out _));
    }

    [Theory]
    [InlineData(MultiAck.None, "ACK b")]
    [InlineData(MultiAck.MultiAck, "ACK b continue|ACK c continue|ACK c")]
    [InlineData(MultiAck.Detailed, "ACK b common|ACK c common|ACK c")]
    public void Acks_AreWrittenAsTheClientAskedForThem(MultiAck kind, string expected)
    {
        var prologue = new FetchPrologue { HasAcknowledgments = true, Acks = Ids.Of(Ids.B, Ids.C) };
        Assert.Equal(expected, Written(prologue, s_fetch, s_detailed with { MultiAck = kind }));
    }

    [Fact]
    public void ReadyRound_IsWrittenAsGitDoes() =>
        Assert.Equal(
            "ACK b common|ACK b ready|NAK|ACK b",
            Written(
                new()
                {
                    HasAcknowledgments = true,
                    Acks = Ids.Of(Ids.B),
                    Ready = true,
                },
                s_whenReady,
                s_detailed
            )
        );

    [Fact]
    public void ReadyWithoutAnyCommonHave_StillNamesAnId() =>
        Assert.Equal("ACK c ready|NAK|ACK c", Written(new() { HasAcknowledgments = true, Ready = true }, s_whenReady, s_detailed));

    [Fact]
    public void RoundThatIsNotTheLast_IsWrittenWithoutThePlainAck()
    {
        var common = new FetchPrologue { HasAcknowledgments = true, Acks = Ids.Of(Ids.B) };
        Assert.Equal("ACK b common|NAK", Written(common, s_round, s_detailed));
        Assert.Equal("ACK b common|ACK b ready|NAK", Written(common with { Ready = true }, s_round, s_detailed));
        Assert.Equal("ACK b continue|NAK", Written(common, s_round, s_detailed with { MultiAck = MultiAck.MultiAck }));
        Assert.Equal("ACK b", Written(common, s_round, s_single));
        Assert.Equal("NAK", Written(FetchPrologue.Empty, s_round, s_detailed));
        Assert.Equal(
            "shallow a|0000",
            Written(new() { Shallow = Ids.Of(Ids.A) }, s_clone with { Pack = PackWhen.Never, Depth = 1 }, s_single)
        );
    }

    [Theory, EveryCut("ACK " + Ids.B + " common", "NAK")]
    public void RoundThatIsNotTheLast_SaysWhatIsCommon(ReadOnlySequence<byte> bytes)
    {
        Assert.Equal(
            ResponseStart.NoPack,
            FetchResponseReader.TryReadPrologueV0(ref bytes, s_round, s_detailed, out FetchPrologue? prologue)
        );
        Assert.Equal(new FetchPrologue { HasAcknowledgments = true, Acks = Ids.Of(Ids.B) }, prologue);
    }

    [Fact]
    public void PrologueOfV2_IsWrittenSoThatNegotiationEnds()
    {
        Assert.Equal("NAK", Written(FetchPrologue.Empty, s_clone, s_single));
        Assert.Equal("ACK c", Written(FetchPrologue.Empty, s_fetch, s_single));
        Assert.Equal("ACK c", Written(FetchPrologue.Empty, s_fetch, s_detailed));
        Assert.Equal("NAK", Written(new() { HasAcknowledgments = true }, s_fetch, s_detailed));
    }

    [Fact]
    public void Boundary_IsWritten_OnlyToAClientThatAskedForOne()
    {
        var prologue = new FetchPrologue { HasShallowInfo = true, Shallow = Ids.Of(Ids.A) };
        FetchRequest deepening = s_clone with { Depth = 1 };
        Assert.Equal("NAK", Written(prologue, s_clone, s_single));
        Assert.Equal("shallow a|0000|NAK", Written(prologue, deepening, s_single));
        Assert.Equal("NAK", Written(prologue, deepening, s_single with { IsToldBoundary = true }));
        Assert.Equal("0000|NAK", Written(FetchPrologue.Empty, s_clone with { DeepenSince = 5 }, s_single));
    }

    private static FetchPrologue ReadPack(ref ReadOnlySequence<byte> bytes, FetchRequest request, ResponseFraming framing)
    {
        Assert.Equal(ResponseStart.Pack, FetchResponseReader.TryReadPrologueV0(ref bytes, request, framing, out FetchPrologue? prologue));
        return prologue!;
    }

    private static string Written(FetchPrologue prologue, FetchRequest request, ResponseFraming framing)
    {
        var writer = new ArrayBufferWriter<byte>();
        FetchResponseWriter.WritePrologueV0(writer, prologue, request, framing);
        var bytes = new ReadOnlySequence<byte>(writer.WrittenMemory);
        var lines = new List<string>();
        while (GitProtocol.PktLines.PktLineReader.TryRead(ref bytes, out GitProtocol.PktLines.PktLine line))
        {
            string text = line.Kind == GitProtocol.PktLines.PktLineKind.Flush ? Lines.Flush : Encoding.ASCII.GetString(line.Text);
            lines.Add(
                text.Replace(Ids.A, "a", StringComparison.Ordinal)
                    .Replace(Ids.B, "b", StringComparison.Ordinal)
                    .Replace(Ids.C, "c", StringComparison.Ordinal)
            );
        }
        return string.Join('|', lines);
    }
}
