using System.Buffers;
using System.Text;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Tests.PktLines;

public sealed class PktLineWriterTests
{
    private readonly ArrayBufferWriter<byte> _writer = new();

    private string Written => Encoding.Latin1.GetString(_writer.WrittenSpan);

    [Fact]
    public void Lines_AreFramed_EachInItsKind()
    {
        PktLineWriter.WriteText(_writer, "done"u8);
        PktLineWriter.WriteText(_writer, "done");
        PktLineWriter.Write(_writer, "done"u8);
        PktLineWriter.Write(_writer, []);
        PktLineWriter.WriteDelim(_writer);
        PktLineWriter.WriteFlush(_writer);
        Assert.Equal("0009done\n0009done\n0008done000400010000", Written);
    }

    [Fact]
    public void ErrorPacket_IsCut_WhenItsMessageIsTooLong()
    {
        PktLineWriter.WriteError(_writer, "no such repository");
        Assert.Equal("001bERR no such repository\n", Written);
        _writer.ResetWrittenCount();
        PktLineWriter.WriteError(_writer, new string('x', 100_000));
        Assert.Equal(65_520, _writer.WrittenCount);
        Assert.StartsWith("fff0ERR xxx", Written, StringComparison.Ordinal);
        Assert.EndsWith("x\n", Written, StringComparison.Ordinal);
    }

    [Fact]
    public void PayloadTooLongForOnePacket_IsOurOwnMistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PktLineWriter.Write(_writer, new byte[65_517]));

    [Fact]
    public void Sideband_SplitsWhatIsLonger()
    {
        byte[] payload = [.. Enumerable.Range(0, 70_000).Select(i => (byte)i)];
        Sideband.Write(_writer, Sideband.PackData, payload);
        Assert.Equal(70_000 + 2 * Sideband.HeaderLength, _writer.WrittenCount);
        Assert.Equal("fff0\u0001", Written[..5]);
        Assert.Equal("118a\u0001", Written[65_520..65_525]);
        byte[] unframed = [.. _writer.WrittenSpan[5..65_520], .. _writer.WrittenSpan[65_525..]];
        Assert.Equal(payload, unframed);
    }

    [Fact]
    public void Sideband_OfTheOldKind_MakesPacketsOfAThousandBytes()
    {
        Sideband.Write(_writer, Sideband.Progress, new byte[996], Sideband.MaxSmallBandPayload);
        Assert.Equal("03e8\u0002", Written[..5]);
        Assert.Equal("0006\u0002", Written[1000..1005]);
    }

    [Fact]
    public void Sideband_OfNothing_IsAKeepalive()
    {
        Sideband.Write(_writer, Sideband.PackData, []);
        Assert.Equal("0005\u0001", Written);
    }
}
