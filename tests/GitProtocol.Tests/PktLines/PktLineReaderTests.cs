using System.Buffers;
using System.Text;
using Waystation.GitProtocol.PktLines;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.PktLines;

public sealed class PktLineReaderTests
{
    [Theory, EveryCut("done", Lines.Flush)]
    public void DataPacket_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        Assert.True(PktLineReader.TryRead(ref bytes, out PktLine packet));
        Assert.Equal(PktLineKind.Data, packet.Kind);
        Assert.Equal("done\n"u8.ToArray(), packet.Payload.ToArray());
        Assert.True(packet.TextIs("done"u8));
        Assert.True(PktLineReader.TryRead(ref bytes, out packet));
        Assert.Equal(PktLineKind.Flush, packet.Kind);
        Assert.True(bytes.IsEmpty);
    }

    [Theory, EveryTruncation("have it")]
    public void PartialPacket_IsLeftAlone_AtEveryLength(ReadOnlySequence<byte> bytes)
    {
        long before = bytes.Length;
        Assert.False(PktLineReader.TryRead(ref bytes, out _));
        Assert.Equal(before, bytes.Length);
    }

    [Theory, EveryCut("raw:0000000100020004")]
    public void SpecialPackets_AreToldApart_AndAnEmptyLineIsData(ReadOnlySequence<byte> bytes)
    {
        var kinds = new List<PktLineKind>();
        while (PktLineReader.TryRead(ref bytes, out PktLine packet))
        {
            kinds.Add(packet.Kind);
            Assert.True(packet.Payload.IsEmpty);
            Assert.Equal(packet.Kind == PktLineKind.Data, packet.TextIs([]));
        }
        Assert.Equal([PktLineKind.Flush, PktLineKind.Delim, PktLineKind.ResponseEnd, PktLineKind.Data], kinds);
    }

    [Theory, EveryCut("nolf:ready"), EveryCut("ready")]
    public void Text_IsTheSame_WithAndWithoutItsLineFeed(ReadOnlySequence<byte> bytes)
    {
        Assert.True(PktLineReader.TryRead(ref bytes, out PktLine packet));
        Assert.True(packet.TextIs("ready"u8));
        Assert.False(packet.TextIs("read"u8));
        Assert.False(packet.TextIs("ready!"u8));
        Assert.True(packet.TryStripPrefix("rea"u8, out ReadOnlySequence<byte> rest));
        Assert.Equal("dy", Encoding.ASCII.GetString(rest));
        Assert.False(packet.TryStripPrefix("ready!"u8, out _));
    }

    [Fact]
    public void Text_LosesOneLineFeed_NotTwo()
    {
        var bytes = new ReadOnlySequence<byte>(Lines.ToBytes("line\n"));
        Assert.True(PktLineReader.TryRead(ref bytes, out PktLine packet));
        Assert.True(packet.TextIs("line\n"u8));
    }

    [Theory]
    [InlineData("0003", ProtocolError.BadPktLength)]
    [InlineData("00g5x", ProtocolError.BadPktLength)]
    [InlineData("-001", ProtocolError.BadPktLength)]
    [InlineData("0x10", ProtocolError.BadPktLength)]
    [InlineData(" 005", ProtocolError.BadPktLength)]
    [InlineData("\u00e9005", ProtocolError.BadPktLength)]
    [InlineData("fff1", ProtocolError.PktLineTooLong)]
    [InlineData("FFFF", ProtocolError.PktLineTooLong)]
    public void LengthThatCannotBe_IsRefusedAtOnce_HoweverTheBytesArrive(string header, ProtocolError error)
    {
        foreach (ReadOnlySequence<byte> cut in Cuts.Of(Encoding.Latin1.GetBytes(header)))
        {
            ReadOnlySequence<byte> bytes = cut;
            Assert.Equal(error, Assert.Throws<GitProtocolException>(() => PktLineReader.TryRead(ref bytes, out _)).Error);
        }
    }

    [Fact]
    public void LongestPacket_IsRead_WithDigitsOfEitherCase()
    {
        byte[] bytes = [.. "FfF0"u8, .. new byte[PktLineReader.MaxPayload]];
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.True(PktLineReader.TryRead(ref buffer, out PktLine packet));
        Assert.Equal(65_516, packet.Payload.Length);
    }

    [Fact]
    public void Reading_AllocatesNothing()
    {
        byte[] bytes = Lines.ToBytes(Enumerable.Repeat("have " + Ids.A, 1_000));
        Read(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = Read(bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_000, count);

        static int Read(byte[] bytes)
        {
            var buffer = new ReadOnlySequence<byte>(bytes);
            int count = 0;
            while (PktLineReader.TryRead(ref buffer, out PktLine packet))
            {
                count += packet.TryStripPrefix(Keywords.Have, out _) ? 1 : 0;
            }

            return count;
        }
    }
}
