using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests;

/// <summary>The parser of a conformance row.</summary>
public enum Speaker
{
    /// <summary>The body of a v2 request.</summary>
    RequestV2,

    /// <summary>The body of a v0 request.</summary>
    RequestV0,

    /// <summary>A v2 answer, its packfile section included.</summary>
    AnswerV2,

    /// <summary>A v0 answer to a last round with one have, with multi_ack_detailed and side-band-64k.</summary>
    AnswerV0,
}

/// <summary>One row of the tables: the rule, the parser, and the lines.</summary>
public sealed record Row(string Rule, Speaker Speaker, params string[] Said)
{
    /// <inheritdoc/>
    public override string ToString() => Rule;

    internal void Try(ReadOnlySequence<byte> bytes)
    {
        switch (Speaker)
        {
            case Speaker.RequestV2:
                CommandParser.Parse(bytes);
                break;
            case Speaker.RequestV0:
                FetchRequestV0Parser.Parse(bytes, 0, ObjectFormat.Sha1);
                break;
            case Speaker.AnswerV2:
                ReadBands(FetchResponseReader.TryReadPrologue(ref bytes, ObjectFormat.Sha1, sidebandAll: false, out _), bytes);
                break;
            default:
                var request = new FetchRequest { Haves = Ids.Of(Ids.B), Pack = PackWhen.AtOnce };
                var framing = new ResponseFraming { ProtocolVersion = 0, MultiAck = MultiAck.Detailed };
                ReadBands(FetchResponseReader.TryReadPrologueV0(ref bytes, request, framing, out _), bytes);
                break;
        }
    }

    internal byte[] Bytes => Lines.ToBytes(Said);

    private static void ReadBands(ResponseStart start, ReadOnlySequence<byte> bytes)
    {
        Assert.NotEqual(ResponseStart.NeedMore, start);
        while (start == ResponseStart.Pack && FetchResponseReader.TryReadBand(ref bytes, out BandLine band) && band.Kind != BandKind.End)
        { }
    }
}
