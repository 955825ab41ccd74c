using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Pushing;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Pushing;

public sealed class PushRequestReaderTests
{
    private const string Pack = "raw:PACK\0\0\0\u00020000 and what looks like a packet";

    [
        Theory,
        EveryCut(
            Ids.Zero + " " + Ids.A + " refs/heads/new\0 report-status-v2 side-band-64k quiet atomic object-format=sha1 agent=git/2.39.5",
            Ids.A + " " + Ids.B + " refs/heads/main",
            "nolf:" + Ids.A + " " + Ids.Zero + " refs/tags/gone",
            Lines.Flush,
            Pack
        )
    ]
    public void Commands_AreRead_AndTheRestIsThePack(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        Assert.Equal(Lines.ToBytes(Pack), Rest(reader, bytes));
        Assert.True(reader.IsComplete);
        ObjectId zero = ObjectId.Parse(Ids.Zero),
            a = ObjectId.Parse(Ids.A),
            b = ObjectId.Parse(Ids.B);
        Assert.Equal([new(zero, a, "refs/heads/new"), new(a, b, "refs/heads/main"), new(a, zero, "refs/tags/gone")], reader.Commands);
        Assert.Equal((true, ObjectFormat.Sha1), (reader.HasPack, reader.ObjectFormat));
        Assert.True(reader.Commands[0].IsCreation && reader.Commands[2].IsDeletion);
    }

    [
        Theory,
        EveryCut(
            "shallow " + Ids.C,
            Ids.A + " " + Ids.B + " refs/heads/main\0report-status push-options",
            Lines.Flush,
            "ci.skip",
            "reviewer=omar",
            Lines.Flush,
            Pack
        )
    ]
    public void ShallowsAndOptions_ArePassedOver(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        Assert.Equal(Lines.ToBytes(Pack), Rest(reader, bytes));
        Assert.Equal("refs/heads/main", Assert.Single(reader.Commands).Name);
        Assert.True(reader.IsComplete);
    }

    [Theory, EveryCut(Ids.A256 + " " + Ids.B256 + " refs/heads/main\0report-status object-format=sha256", Lines.Flush, Pack)]
    public void Sha256_IsRead(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        Assert.Equal(Lines.ToBytes(Pack), Rest(reader, bytes));
        Assert.Equal(ObjectId.Parse(Ids.B256), Assert.Single(reader.Commands).New);
        Assert.Equal(ObjectFormat.Sha256, reader.ObjectFormat);
    }

    [Theory, EveryTruncation(Ids.A + " " + Ids.B + " refs/heads/main\0report-status push-options", Lines.Flush, "option", Lines.Flush)]
    public void TruncatedHead_IsNotComplete_AndNotRefusedEither(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        Assert.Empty(Rest(reader, bytes));
        Assert.False(reader.IsComplete);
        Assert.False(reader.HasStopped);
    }

    [Fact]
    public void Probe_IsAPushOfNothing()
    {
        var reader = new PushRequestReader();
        Assert.Empty(Rest(reader, new ReadOnlySequence<byte>(Lines.ToBytes(Lines.Flush))));
        Assert.Equal((true, false), (reader.IsComplete, reader.HasPack));
        Assert.Empty(reader.Commands);
    }

    [Fact]
    public void DeletionsAlone_HaveNoPack()
    {
        var reader = new PushRequestReader();
        reader.ReadHead(Lines.ToBytes(Ids.A + " " + Ids.Zero + " refs/heads/x\0report-status delete-refs", Lines.Flush));
        Assert.Equal((true, false), (reader.IsComplete, reader.HasPack));
    }

    [Theory]
    [InlineData("push-cert\0report-status")]
    [InlineData(Ids.A + " " + Ids.B)]
    [InlineData(Ids.A + " " + Ids.B + " ")]
    [InlineData(Ids.A + " " + Ids.B256 + " refs/heads/x")]
    [InlineData(Ids.A + " " + Ids.B + " refs/heads/x\0object-format=sha256")]
    [InlineData(Ids.A + " " + Ids.B + " refs/heads/x\0object-format=md5")]
    [InlineData("")]
    [InlineData("raw:0003")]
    [InlineData(Lines.Delim)]
    public void WhatIsNotACommand_StopsTheReader_AndNothingIsKept(string line)
    {
        foreach (ReadOnlySequence<byte> cut in Cuts.Of(Lines.ToBytes(line, Lines.Flush)))
        {
            var reader = new PushRequestReader();
            Rest(reader, cut);
            Assert.True(reader.HasStopped && !reader.IsComplete);
            Assert.Empty(reader.Commands);
        }
    }

    [Fact]
    public void EndlessCommandsAndOptions_StopTheReader()
    {
        var many = new PushRequestReader();
        for (int i = 0; i <= PushRequestReader.MaxCommands; i++)
        {
            many.ReadHead(Lines.ToBytes($"{Ids.A} {Ids.B} refs/heads/{i}"));
        }

        Assert.True(many.HasStopped);

        var options = new PushRequestReader();
        options.ReadHead(Lines.ToBytes(Ids.A + " " + Ids.B + " refs/heads/x\0push-options", Lines.Flush));
        for (int i = 0; i < 9; i++)
        {
            options.ReadHead(Lines.ToBytes(new string('x', 65_000)));
        }

        Assert.True(options.HasStopped);
    }

    /// <summary>Shows all of it; the bytes that the reader leaves are the pack.</summary>
    private static byte[] Rest(PushRequestReader reader, ReadOnlySequence<byte> bytes)
    {
        var rest = new ArrayBufferWriter<byte>();
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            if (!reader.HasStopped)
            {
                rest.Write(segment.Span[reader.ReadHead(segment.Span)..]);
            }
        }
        return rest.WrittenSpan.ToArray();
    }
}
