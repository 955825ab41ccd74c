using System.Buffers;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.GitProtocol.Tests.Golden;

/// <summary>The requests and responses of real git when it fetches.</summary>
public sealed class FetchConversationTests
{
    public static TheoryData<string> Requests => Recording.Named("-fetch.request");

    public static TheoryData<string> Answers => Recording.Named("-fetch.response");

    [Theory, MemberData(nameof(Requests))]
    public void Request_IsWrittenAgain_ByteForByte(string name)
    {
        byte[] bytes = Recording.Read(name);
        foreach (ReadOnlySequence<byte> cut in Recording.CutsOf(bytes))
        {
            ParsedCommand.Fetch fetch = Parse(name, cut);
            Assert.Equal(Form(name, bytes, fetch.Request), Written(fetch));
        }
    }

    [Theory, MemberData(nameof(Answers))]
    public void Answer_IsReadToItsTrailer_HoweverItIsCut(string name)
    {
        byte[] bytes = Recording.Read(name);
        ParsedCommand.Fetch fetch = Parse(name, new ReadOnlySequence<byte>(Recording.Read(Path.ChangeExtension(name, ".request"))));
        foreach (ReadOnlySequence<byte> cut in Recording.CutsOf(bytes))
        {
            ReadOnlySequence<byte> rest = cut;
            ResponseStart start = Start(ref rest, fetch, out FetchPrologue? prologue);
            Assert.Equal(start == ResponseStart.Pack, Recording.Text(bytes).Contains("PACK", StringComparison.Ordinal));
            Assert.NotNull(prologue);
            if (start == ResponseStart.Pack)
            {
                AssertWholePack(rest, fetch.Request);
                AssertWrittenAgain(bytes.AsSpan(0, (int)(bytes.Length - rest.Length)), prologue, fetch);
            }
            else if (fetch.Framing.ProtocolVersion == 2)
            {
                var writer = new ArrayBufferWriter<byte>();
                FetchResponseWriter.WriteRoundV2(writer, prologue, fetch.Framing.SidebandAll);
                Assert.Equal(Recording.Text(bytes), Recording.Text(writer.WrittenSpan));
            }
            else
            {
                var writer = new ArrayBufferWriter<byte>();
                FetchResponseWriter.WritePrologueV0(writer, prologue, fetch.Request, fetch.Framing);
                Assert.Equal(Recording.Text(bytes), Recording.Text(writer.WrittenSpan));
            }
        }
    }

    [Theory, MemberData(nameof(Answers))]
    public void TruncatedAnswer_IsNeverWhole(string name)
    {
        byte[] bytes = Recording.Read(name);
        ParsedCommand.Fetch fetch = Parse(name, new ReadOnlySequence<byte>(Recording.Read(Path.ChangeExtension(name, ".request"))));
        for (int length = 0; length < bytes.Length; length += length < 900 ? 1 : 17)
        {
            var rest = new ReadOnlySequence<byte>(bytes, 0, length);
            if (Start(ref rest, fetch, out _) != ResponseStart.Pack)
            {
                continue;
            }

            BandKind last = BandKind.Keepalive;
            while (FetchResponseReader.TryReadBand(ref rest, out BandLine band))
            {
                last = band.Kind;
            }

            Assert.NotEqual(BandKind.End, last);
        }
    }

    [Fact]
    public void Recording_HasEveryShapeOfAnswer()
    {
        FetchPrologue ready = Prologue("v2/negotiation-4-fetch");
        Assert.True(ready.Ready && ready.Acks.Count > 0);
        Assert.NotEmpty(Prologue("v2/depth-1-3-fetch").Shallow);
        Assert.NotEmpty(Prologue("v2/unshallow-3-fetch").Unshallow);
        Assert.NotEmpty(Prologue("v0/depth-1-3-fetch").Shallow);
        Assert.NotEmpty(Prologue("v0/negotiation-4-fetch").Acks);
    }

    private static FetchPrologue Prologue(string name)
    {
        ParsedCommand.Fetch fetch = Parse(name, new ReadOnlySequence<byte>(Recording.Read(name + ".request")));
        var rest = new ReadOnlySequence<byte>(Recording.Read(name + ".response"));
        Assert.Equal(ResponseStart.Pack, Start(ref rest, fetch, out FetchPrologue? prologue));
        return prologue!;
    }

    private static ParsedCommand.Fetch Parse(string name, ReadOnlySequence<byte> body)
    {
        int version = Recording.Version(name);
        Assert.Equal(version == 2, CommandParser.LooksLikeV2(body));
        ParsedCommand command =
            version == 2 ? CommandParser.Parse(body) : FetchRequestV0Parser.Parse(body, version, Recording.Format(name));
        return Assert.IsType<ParsedCommand.Fetch>(command);
    }

    // The record leaves out words of git's client without meaning: the same want twice (HEAD and its branch), and, in v0, capabilities
    // that it does not use, whose absence changes the length of the first want.
    private static string Form(string name, byte[] recorded, FetchRequest request)
    {
        string text = Recording.Text(recorded);
        if (Recording.Version(name) < 2)
        {
            text = text.Replace(request.DeepenSince is null ? " deepen-since deepen-not" : " deepen-not", "", StringComparison.Ordinal)[
                4..
            ];
        }
        var wants = new HashSet<string>(StringComparer.Ordinal);
        return string.Join('\n', text.Split('\n').Where(line => !(IndexOfWant(line) is >= 0 and var at) || wants.Add(line[at..])));

        static int IndexOfWant(string line) => line.IndexOf("want ", StringComparison.Ordinal);
    }

    private static string Written(ParsedCommand.Fetch fetch)
    {
        var writer = new ArrayBufferWriter<byte>();
        if (fetch.Framing.ProtocolVersion == 2)
        {
            FetchRequestWriter.WriteV2(writer, fetch.Request, fetch.Framing, Recording.Agent, sayObjectFormat: true);
        }
        else
        {
            FetchRequestWriter.WriteV0(writer, fetch.Request, fetch.Framing, Recording.Agent);
        }

        return Recording.Text(writer.WrittenSpan)[(fetch.Framing.ProtocolVersion == 2 ? 0 : 4)..];
    }

    private static ResponseStart Start(ref ReadOnlySequence<byte> bytes, ParsedCommand.Fetch fetch, out FetchPrologue? prologue) =>
        fetch.Framing.ProtocolVersion == 2
            ? FetchResponseReader.TryReadPrologue(ref bytes, fetch.Request.ObjectFormat, fetch.Framing.SidebandAll, out prologue)
            : FetchResponseReader.TryReadPrologueV0(ref bytes, fetch.Request, fetch.Framing, out prologue);

    private static void AssertWholePack(ReadOnlySequence<byte> bytes, FetchRequest request)
    {
        using var check = new PackTrailerCheck(request.ObjectFormat);
        BandKind last = BandKind.Keepalive;
        while (FetchResponseReader.TryReadBand(ref bytes, out BandLine band))
        {
            last = band.Kind;
            if (band.Kind != BandKind.PackData)
            {
                continue;
            }

            foreach (ReadOnlyMemory<byte> segment in band.Payload)
            {
                check.Append(segment.Span);
            }
        }
        Assert.Equal(BandKind.End, last);
        Assert.True(bytes.IsEmpty);
        Assert.True(check.IsWhole());
    }

    private static void AssertWrittenAgain(ReadOnlySpan<byte> recorded, FetchPrologue prologue, ParsedCommand.Fetch fetch)
    {
        var writer = new ArrayBufferWriter<byte>();
        if (fetch.Framing.ProtocolVersion == 2)
        {
            FetchResponseWriter.WritePrologueV2(writer, prologue, fetch.Framing.SidebandAll);
        }
        else
        {
            FetchResponseWriter.WritePrologueV0(writer, prologue, fetch.Request, fetch.Framing);
        }

        if (fetch.Framing.ProtocolVersion == 2 || fetch.Request.Haves.Count == 0)
        {
            Assert.Equal(Recording.Text(recorded), Recording.Text(writer.WrittenSpan));
            return;
        }
        // Git acknowledges while it reads; we say the same in one go.
        var rest = new ReadOnlySequence<byte>([.. writer.WrittenSpan, .. "0006\u0001x"u8]);
        Assert.Equal(
            ResponseStart.Pack,
            FetchResponseReader.TryReadPrologueV0(ref rest, fetch.Request, fetch.Framing, out FetchPrologue? again)
        );
        Assert.Equal(prologue with { Ready = again!.Ready }, again);
    }
}
