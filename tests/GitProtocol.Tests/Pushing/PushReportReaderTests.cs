using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Pushing;
using Waystation.GitProtocol.Tests.Advertisements;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Pushing;

public sealed class PushReportReaderTests
{
    private static readonly string[] s_report =
    [
        "unpack ok",
        "ok refs/heads/main",
        "ng refs/heads/locked pre-receive hook declined",
        "option refname refs/heads/of-nobody",
        "ok refs/for/main",
        "option refname refs/changes/1",
        "option old-oid " + Ids.A,
        "option new-oid " + Ids.B,
        "option forced-update",
        Lines.Flush,
    ];

    private static readonly RefReport[] s_done = [new("refs/heads/main"), new("refs/for/main", "refs/changes/1", ObjectId.Parse(Ids.B))];

    [Fact]
    public void PlainReport_IsRead_HoweverItArrives()
    {
        foreach (PushReportReader reader in Shown.AtEveryCut(() => new PushReportReader(), Lines.ToBytes(s_report)))
        {
            Assert.Equal((true, true, true), (reader.HasAnswer, reader.IsComplete, reader.IsUnpacked));
            Assert.Equal(s_done, reader.Done);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1000)]
    public void BandedReport_IsRead_HoweverItArrives(int perBand)
    {
        byte[] bytes = Banded(Lines.ToBytes(s_report), perBand, end: true);
        IEnumerable<PushReportReader> readers =
            perBand == 1
                ? [Shown.To(new PushReportReader(), new ReadOnlySequence<byte>(bytes))]
                : Shown.AtEveryCut(() => new PushReportReader(), bytes);
        foreach (PushReportReader reader in readers)
        {
            Assert.Equal((true, true, true), (reader.HasAnswer, reader.IsComplete, reader.IsUnpacked));
            Assert.Equal(s_done, reader.Done);
        }
    }

    [Fact]
    public void Report_CountsBeforeHooksHaveEnded()
    {
        var reader = new PushReportReader();
        reader.Read(Banded(Lines.ToBytes(s_report), 400, end: false));
        Assert.Equal((true, false), (reader.HasAnswer, reader.IsComplete));
        reader.Read(Lines.ToBytes("nolf:\u0002a hook is thinking"));
        reader.Read(Lines.ToBytes("nolf:\u0003a hook broke"));
        Assert.True(reader.HasAnswer);
        Assert.Equal(s_done, reader.Done);
    }

    [Fact]
    public void FailedUnpack_IsSeen()
    {
        PushReportReader reader = Shown.To(
            new PushReportReader(),
            "unpack index-pack abnormal exit",
            "ng refs/heads/main unpacker error",
            Lines.Flush
        );
        Assert.Equal((true, false), (reader.HasAnswer, reader.IsUnpacked));
        Assert.Empty(reader.Done);
    }

    [Fact]
    public void Sha256_IsRead()
    {
        PushReportReader reader = Shown.To(
            new PushReportReader(),
            "unpack ok",
            "ok refs/heads/x",
            "option new-oid " + Ids.A256,
            Lines.Flush
        );
        Assert.Equal(ObjectId.Parse(Ids.A256), Assert.Single(reader.Done).ActualNew);
    }

    [Fact]
    public void TruncatedReport_IsNone()
    {
        Shown.NeverCompletes(() => new PushReportReader(), Lines.ToBytes(s_report));
        byte[] report = Lines.ToBytes(s_report);
        byte[] banded = Banded(report, 400, end: false);
        foreach (ReadOnlySequence<byte> cut in Cuts.Truncations(banded))
        {
            Assert.False(Shown.To(new PushReportReader(), cut).HasAnswer);
        }
    }

    [Theory]
    [InlineData("ERR no such repository")]
    [InlineData("ok refs/heads/main")]
    [InlineData(Lines.Flush)]
    [InlineData("raw:<html>")]
    public void WhatIsNoReport_StopsTheReader(string line)
    {
        foreach (PushReportReader reader in Shown.AtEveryCut(() => new PushReportReader(), Lines.ToBytes(line, "unpack ok", Lines.Flush)))
        {
            Assert.Equal((true, false), (reader.HasStopped, reader.HasAnswer));
        }
    }

    [Theory]
    [InlineData("raw:0004")]
    [InlineData("nolf:\u0003fatal: the disk is full")]
    [InlineData("nolf:\u0004what is this")]
    [InlineData("nolf:\u0001000eunpack ok\n0003")]
    public void WhatIsNoBand_StopsTheReader(string line)
    {
        PushReportReader reader = Shown.To(new PushReportReader(), line, Lines.Flush);
        Assert.False(reader.HasAnswer);
    }

    /// <summary>The report on band 1 in pieces, with talk between them on band 2.</summary>
    private static byte[] Banded(byte[] report, int perBand, bool end)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (byte[] piece in report.Chunk(perBand))
        {
            Sideband.Write(bytes, Sideband.Progress, Encoding.ASCII.GetBytes("remote: 000a\n"));
            Sideband.Write(bytes, Sideband.PackData, piece);
        }
        if (end)
        {
            PktLineWriter.WriteFlush(bytes);
        }

        return bytes.WrittenSpan.ToArray();
    }
}
