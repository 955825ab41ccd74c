using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Advertisements;

public sealed class LsRefsReaderTests
{
    [
        Theory,
        EveryCut(
            Ids.A + " HEAD symref-target:refs/heads/main",
            Ids.A + " refs/heads/main",
            Ids.B + " refs/tags/v1 peeled:" + Ids.A,
            Lines.Flush
        )
    ]
    public void Tips_AreRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), bytes);
        Assert.True(reader.IsComplete);
        ObjectId a = ObjectId.Parse(Ids.A),
            b = ObjectId.Parse(Ids.B);
        Assert.Equal(
            [new("HEAD", a, null, "refs/heads/main"), new("refs/heads/main", a, null, null), new("refs/tags/v1", b, a, null)],
            reader.Tips
        );
    }

    [Theory, EveryCut(Ids.A256 + " refs/tags/v1 peeled:" + Ids.B256, Lines.Flush)]
    public void Sha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha256), bytes);
        Assert.True(reader.IsComplete);
        Assert.Equal(ObjectId.Parse(Ids.B256), Assert.Single(reader.Tips).Peeled);
    }

    [Theory, EveryTruncation(Ids.A + " HEAD", Ids.B + " refs/heads/x", Lines.Flush)]
    public void TruncatedAnswer_IsNotComplete_AndNotRefusedEither(ReadOnlySequence<byte> bytes)
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), bytes);
        Assert.False(reader.IsComplete);
        Assert.False(reader.HasStopped);
    }

    [Fact]
    public void UnbornHead_IsNoTip()
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), "unborn HEAD symref-target:refs/heads/main", Lines.Flush);
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Tips);
        Assert.Equal("refs/heads/main", reader.UnbornHeadTarget);
    }

    [Fact]
    public void Name_KeepsBytesThatAreNotUtf8()
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), Ids.A + " refs/heads/\u00ff\u00fe", Lines.Flush);
        Assert.Equal([.. "refs/heads/"u8, 0xff, 0xfe], RefName.ToBytes(Assert.Single(reader.Tips).Name));
    }

    [Fact]
    public void UnknownAttribute_IsPassedOver_AsClientsDo()
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), Ids.A + " HEAD mood:good peeled:" + Ids.B, Lines.Flush);
        Assert.Equal(ObjectId.Parse(Ids.B), Assert.Single(reader.Tips).Peeled);
    }

    [Theory]
    [InlineData("ERR access denied")]
    [InlineData(Ids.A)]
    [InlineData(Ids.A + " ")]
    [InlineData(Ids.A + "  refs/heads/x")]
    [InlineData(Ids.A256 + " refs/heads/x")]
    [InlineData(Ids.A + " refs/tags/x peeled:1234")]
    [InlineData(Ids.A + " HEAD symref-target:")]
    [InlineData(Ids.A + " refs/heads/x\0multi_ack")]
    [InlineData("unborn")]
    [InlineData("unborn ")]
    [InlineData("raw:0004")]
    [InlineData("raw:0003")]
    [InlineData("raw:zzzz")]
    [InlineData("raw:ffff")]
    [InlineData(Lines.Delim)]
    [InlineData(Lines.ResponseEnd)]
    public void WhatIsNotARef_StopsTheReader_AndNothingIsKept(string line)
    {
        byte[] bytes = Lines.ToBytes(Ids.A + " HEAD", line, Lines.Flush);
        foreach (LsRefsReader reader in Shown.AtEveryCut(() => new LsRefsReader(ObjectFormat.Sha1), bytes))
        {
            Assert.True(reader.HasStopped);
            Assert.False(reader.IsComplete);
            Assert.Empty(reader.Tips);
        }
    }

    [Fact]
    public void BytesAfterTheEnd_UndoIt()
    {
        LsRefsReader reader = Shown.To(new LsRefsReader(ObjectFormat.Sha1), Ids.A + " HEAD", Lines.Flush);
        Assert.True(reader.IsComplete);
        reader.Read("0"u8);
        Assert.False(reader.IsComplete);
        Assert.True(reader.HasStopped);
    }

    [Fact]
    public void MoreRefsThanTheBound_StopTheReader()
    {
        var reader = new LsRefsReader(ObjectFormat.Sha1, maxRefs: 2);
        reader.Read(Lines.ToBytes(Ids.A + " refs/heads/a", Ids.A + " refs/heads/b"));
        Assert.Equal(2, reader.Tips.Count);
        reader.Read(Lines.ToBytes(Ids.A + " refs/heads/c"));
        Assert.True(reader.HasStopped);
        Assert.Empty(reader.Tips);
    }

    [Fact]
    public void EndlessAnswer_StopsTheReader_WithinItsBound()
    {
        var reader = new LsRefsReader(ObjectFormat.Sha1);
        byte[] line = Lines.ToBytes(Ids.A + " refs/heads/" + new string('x', 4_000) + " note:" + new string('y', 60_000));
        long shown = 0;
        while (!reader.HasStopped)
        {
            reader.Read(line);
            shown += line.Length;
            Assert.True(shown <= StreamTap.MaxLength + line.Length);
        }
        Assert.Empty(reader.Tips);
    }

    [Fact]
    public void NameLongerThanGitsLongest_StopsTheReader() =>
        Assert.True(Shown.To(new LsRefsReader(ObjectFormat.Sha1), Ids.A + " refs/" + new string('x', 4_096), Lines.Flush).HasStopped);
}
