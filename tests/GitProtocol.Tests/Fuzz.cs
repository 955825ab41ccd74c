using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Pushing;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests;

/// <summary>
/// Reads bytes with everything that reads bytes. Nothing but <see cref="GitProtocolException"/> may come of it, the same must come
/// of it however the bytes arrive, and what was understood must survive being written and read again.
/// </summary>
internal static class Fuzz
{
    private static readonly Func<ReadOnlySequence<byte>, string>[] s_targets =
    [
        bytes => Said(CommandParser.Parse(bytes, maxObjects: 10_000)),
        bytes => Said(FetchRequestV0Parser.Parse(bytes, 0, ObjectFormat.Sha1, 10_000)),
        bytes => Said(FetchRequestV0Parser.Parse(bytes, 1, ObjectFormat.Sha256, 10_000)),
        bytes => V2Answer(bytes, ObjectFormat.Sha1, sidebandAll: false),
        bytes => V2Answer(bytes, ObjectFormat.Sha256, sidebandAll: true),
        bytes => V0Answer(bytes, new FetchRequest { Depth = 1, Pack = PackWhen.AtOnce }, new ResponseFraming { ProtocolVersion = 0 }),
        bytes =>
            V0Answer(
                bytes,
                new FetchRequest { Haves = Ids.Of(Ids.A), Pack = PackWhen.AtOnce },
                new ResponseFraming { ProtocolVersion = 0, MultiAck = MultiAck.Detailed }
            ),
        bytes =>
            V0Answer(
                bytes,
                new FetchRequest { Pack = PackWhen.AtOnce },
                new ResponseFraming { ProtocolVersion = 0, SidebandKind = SidebandKind.None }
            ),
        Advertisement,
        LsRefs,
        PushRequest,
        PushReport,
        Pack,
    ];

    public static void Try(byte[] bytes)
    {
        var whole = new ReadOnlySequence<byte>(bytes);
        ReadOnlySequence<byte> byteByByte = Cuts.Join([
            .. Enumerable.Range(0, bytes.Length).Select(at => (ReadOnlyMemory<byte>)bytes.AsMemory(at, 1)),
        ]);
        foreach (Func<ReadOnlySequence<byte>, string> target in s_targets)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            string outcome = Outcome(target, whole);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(allocated, 0, 300_000 + 64L * bytes.Length);
            Assert.Equal(outcome, Outcome(target, byteByByte));
        }
    }

    private static string Outcome(Func<ReadOnlySequence<byte>, string> target, ReadOnlySequence<byte> bytes)
    {
        try
        {
            return target(bytes);
        }
        catch (GitProtocolException refused)
        {
            return refused.Error.ToString();
        }
    }

    private static string Said(ParsedCommand command)
    {
        if (command is not ParsedCommand.Fetch(var request, var framing))
        {
            return command.ToString();
        }

        var writer = new ArrayBufferWriter<byte>();
        ParsedCommand again;
        if (framing.ProtocolVersion == 2)
        {
            FetchRequestWriter.WriteV2(writer, request, framing, agent: null);
            again = CommandParser.Parse(new ReadOnlySequence<byte>(writer.WrittenMemory));
        }
        else
        {
            FetchRequestWriter.WriteV0(writer, request, framing, agent: null);
            again = FetchRequestV0Parser.Parse(
                new ReadOnlySequence<byte>(writer.WrittenMemory),
                framing.ProtocolVersion,
                request.ObjectFormat
            );
        }

        Assert.Equal(command, again);
        return $"{request} {framing}";
    }

    private static string V2Answer(ReadOnlySequence<byte> bytes, ObjectFormat format, bool sidebandAll)
    {
        ResponseStart start = FetchResponseReader.TryReadPrologue(ref bytes, format, sidebandAll, out FetchPrologue? prologue);
        return $"{start} {prologue} {(start == ResponseStart.Pack ? Bands(bytes) : "")}";
    }

    private static string V0Answer(ReadOnlySequence<byte> bytes, FetchRequest request, ResponseFraming framing)
    {
        ResponseStart start = FetchResponseReader.TryReadPrologueV0(ref bytes, request, framing, out FetchPrologue? prologue);
        bool framed = start == ResponseStart.Pack && framing.HasBands;
        return $"{start} {prologue} {(framed ? Bands(bytes) : bytes.Length)}";
    }

    private static string Bands(ReadOnlySequence<byte> bytes)
    {
        int count = 0;
        long length = 0;
        while (FetchResponseReader.TryReadBand(ref bytes, out BandLine band) && band.Kind != BandKind.End)
        {
            count++;
            length += band.Payload.Length;
        }
        return $"{count} bands of {length} bytes, {bytes.Length} left";
    }

    private static string Advertisement(ReadOnlySequence<byte> bytes)
    {
        var reader = new InfoRefsReader();
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.Version} {reader.ObjectFormat} {string.Join(',', reader.Tips)}";
    }

    private static string LsRefs(ReadOnlySequence<byte> bytes)
    {
        var reader = new LsRefsReader(ObjectFormat.Sha1);
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.UnbornHeadTarget} {string.Join(',', reader.Tips)}";
    }

    private static string PushRequest(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushRequestReader();
        int head = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            head += reader.ReadHead(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {(reader.IsComplete ? head : 0)} {string.Join(',', reader.Commands)}";
    }

    private static string PushReport(ReadOnlySequence<byte> bytes)
    {
        var reader = new PushReportReader();
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            reader.Read(segment.Span);
        }

        return $"{reader.IsComplete} {reader.HasStopped} {reader.HasAnswer} {reader.IsUnpacked} {string.Join(',', reader.Done)}";
    }

    private static string Pack(ReadOnlySequence<byte> bytes)
    {
        using var check = new PackTrailerCheck(ObjectFormat.Sha1);
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            check.Append(segment.Span);
        }

        return $"{check.IsWhole()} {check.Length} {check.Releasable} {check.Trailer}";
    }
}
