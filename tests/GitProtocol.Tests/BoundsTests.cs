using System.Buffers;
using System.Globalization;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests;

/// <summary>The memory that a peer can make us use is bounded.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void MillionHaves_AreTaken_AndOneMoreIsRefused()
    {
        byte[] body = Body(Lines.ToBytes("command=fetch", Lines.Delim, "want " + Ids.A), 999_999, Lines.ToBytes(Lines.Flush));
        Assert.Equal(
            999_999,
            Assert.IsType<ParsedCommand.Fetch>(CommandParser.Parse(new ReadOnlySequence<byte>(body))).Request.Haves.Count
        );
        body = Body(Lines.ToBytes("command=fetch", Lines.Delim, "want " + Ids.A), 1_000_000, Lines.ToBytes(Lines.Flush));
        Assert.Equal(ProtocolError.TooMany, Refuse(() => CommandParser.Parse(new ReadOnlySequence<byte>(body))));
    }

    [Fact]
    public void HavesOverTheBound_AreRefused_InV0AsWell()
    {
        byte[] body = Body(Lines.ToBytes("want " + Ids.A, Lines.Flush), 10, Lines.ToBytes("done"));
        Assert.IsType<ParsedCommand.Fetch>(FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(body), 0, ObjectFormat.Sha1, 11));
        Assert.Equal(
            ProtocolError.TooMany,
            Refuse(() => FetchRequestV0Parser.Parse(new ReadOnlySequence<byte>(body), 0, ObjectFormat.Sha1, 10))
        );
        var rounds = new ReadOnlySequence<byte>(body).Slice(Lines.ToBytes("want " + Ids.A, Lines.Flush).Length);
        Assert.Equal(ProtocolError.TooMany, Refuse(() => FetchRequestV0Parser.TryReadRound(ref rounds, ObjectFormat.Sha1, [], out _, 9)));
    }

    [Fact]
    public void RepeatedIds_CountAsOftenAsTheyAreSaid()
    {
        byte[] body = Lines.ToBytes(["command=fetch", Lines.Delim, .. Enumerable.Repeat("want " + Ids.A, 11), Lines.Flush]);
        Assert.Equal(ProtocolError.TooMany, Refuse(() => CommandParser.Parse(new ReadOnlySequence<byte>(body), maxObjects: 10)));
    }

    [Fact]
    public void RequestWithoutAnEnd_IsRefused_WhenItIsTooLong()
    {
        byte[] line = Lines.ToBytes("agent=" + new string('x', 60_000));
        ReadOnlyMemory<byte>[] segments =
        [
            .. Enumerable.Repeat((ReadOnlyMemory<byte>)line, CommandParser.MaxCommandLength / line.Length + 2),
        ];
        ReadOnlySequence<byte> endless = Cuts.Join(segments);
        Assert.Equal(ProtocolError.TooLong, Refuse(() => CommandParser.TryReadCommand(ref endless, out _)));
        Assert.Equal(ProtocolError.TooLong, Refuse(() => FetchRequestV0Parser.TryReadNeeds(ref endless, 0, ObjectFormat.Sha1, out _)));
    }

    [Fact]
    public void RoundWithoutAnEnd_IsRefused_WhenItIsTooLong()
    {
        byte[] lines = Body([], 20_000, []);
        ReadOnlySequence<byte> endless = Cuts.Join([
            .. Enumerable.Repeat((ReadOnlyMemory<byte>)lines, CommandParser.MaxCommandLength / lines.Length + 1),
        ]);
        Assert.Equal(ProtocolError.TooLong, Refuse(() => FetchRequestV0Parser.TryReadRound(ref endless, ObjectFormat.Sha1, [], out _)));
    }

    [Theory]
    [InlineData("shallow-info", "shallow ")]
    [InlineData("acknowledgments", "ACK ")]
    public void SectionWithoutAnEnd_IsRefused_WhenItIsTooLong(string section, string keyword)
    {
        byte[] lines = Body(Lines.ToBytes(section), FetchResponseReader.MaxPrologueLength / 40, [], keyword);
        var endless = new ReadOnlySequence<byte>(lines);
        Assert.Equal(
            ProtocolError.TooLong,
            Refuse(() => FetchResponseReader.TryReadPrologue(ref endless, ObjectFormat.Sha1, false, out _))
        );
    }

    [Fact]
    public void BoundaryOfV0WithoutAnEnd_IsRefused_WhenItIsTooLong()
    {
        var endless = new ReadOnlySequence<byte>(Body([], FetchResponseReader.MaxPrologueLength / 40, [], "shallow "));
        var request = new FetchRequest { Depth = 1, Pack = PackWhen.AtOnce };
        var framing = new ResponseFraming { ProtocolVersion = 0 };
        Assert.Equal(ProtocolError.TooLong, Refuse(() => FetchResponseReader.TryReadPrologueV0(ref endless, request, framing, out _)));
    }

    [Fact]
    public void LengthThatPromisesMoreThanComes_MakesNobodyAllocate()
    {
        var promise = new ReadOnlySequence<byte>("fff0want"u8.ToArray());
        CommandParser.TryReadCommand(ref promise, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            CommandParser.TryReadCommand(ref promise, out _);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 0);
    }

    [Fact]
    public void Haves_CostTheirListAndItsSet_AndNothingEach()
    {
        byte[] body = Body(Lines.ToBytes("command=fetch", Lines.Delim, "want " + Ids.A), 50_000, Lines.ToBytes("done", Lines.Flush));
        CommandParser.Parse(new ReadOnlySequence<byte>(body));
        long before = GC.GetAllocatedBytesForCurrentThread();
        CommandParser.Parse(new ReadOnlySequence<byte>(body));
        // A list and a hash set that doubled their way up, and the final copy.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000 * 36L * 9);
    }

    private static ProtocolError Refuse(Action parse) => Assert.Throws<GitProtocolException>(parse).Error;

    private static byte[] Body(byte[] before, int count, byte[] after, string keyword = "have ")
    {
        var body = new StringBuilder(Encoding.Latin1.GetString(before));
        string start = (keyword.Length + 45).ToString("x4", CultureInfo.InvariantCulture) + keyword;
        for (int i = 0; i < count; i++)
        {
            body.Append(start).Append(i.ToString("x40", CultureInfo.InvariantCulture)).Append('\n');
        }

        return [.. Encoding.Latin1.GetBytes(body.ToString()), .. after];
    }
}
