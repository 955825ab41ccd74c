using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.GitProtocol.Tests;

/// <summary>Every value that is written is read back as the same value. A failure prints the seed that repeats it.</summary>
public sealed class RoundTripProperties
{
    private static Gen<ObjectFormat> Formats => Gen.Elements(ObjectFormat.Sha1, ObjectFormat.Sha256);

    private static Gen<bool> Flag => Gen.Elements(false, true);

    private static Gen<FilterSpec?> Filters =>
        Gen.Elements<string?>(null, "blob:none", "blob:limit=4096", "tree:2", "combine:tree:1+object:type=blob")
            .Select(text => FilterSpec.TryParse(text, out FilterSpec? filter) ? filter : null);

    [Fact]
    public void FetchRequestOfV2_IsReadAsWritten() =>
        Holds(
            Requests(2),
            fetch =>
            {
                var writer = new ArrayBufferWriter<byte>();
                FetchRequestWriter.WriteV2(writer, fetch.Request, fetch.Framing, "git/2.50");
                return fetch.Equals(CommandParser.Parse(new ReadOnlySequence<byte>(writer.WrittenMemory)));
            }
        );

    [Fact]
    public void FetchRequestOfV0_IsReadAsWritten() =>
        Holds(
            Requests(0),
            fetch =>
            {
                var writer = new ArrayBufferWriter<byte>();
                FetchRequestWriter.WriteV0(writer, fetch.Request, fetch.Framing, "JGit/6");
                var bytes = new ReadOnlySequence<byte>(writer.WrittenMemory);
                return fetch.Equals(FetchRequestV0Parser.Parse(bytes, 0, fetch.Request.ObjectFormat));
            }
        );

    [Fact]
    public void Prologue_IsReadAsWritten() =>
        Holds(
            from format in Formats
            from sidebandAll in Flag
            from acks in Ids(format, 0)
            from shallow in Ids(format, 0)
            from unshallow in Ids(format, 0)
            from acknowledges in Flag
            from bounds in Flag
            select (
                format,
                sidebandAll,
                new FetchPrologue
                {
                    HasAcknowledgments = acknowledges,
                    Acks = acknowledges ? acks : [],
                    Ready = acknowledges,
                    HasShallowInfo = bounds,
                    Shallow = bounds ? shallow : [],
                    Unshallow = bounds ? unshallow : [],
                }
            ),
            row =>
            {
                var writer = new ArrayBufferWriter<byte>();
                FetchResponseWriter.WritePrologueV2(writer, row.Item3, row.sidebandAll);
                var bytes = new ReadOnlySequence<byte>(writer.WrittenMemory);
                ResponseStart start = FetchResponseReader.TryReadPrologue(ref bytes, row.format, row.sidebandAll, out FetchPrologue? read);
                return start == ResponseStart.Pack && row.Item3.Equals(read) && bytes.IsEmpty;
            }
        );

    /// <summary>
    /// The response in one version is kept, and given to an equal request of another version: that client understands it, and reads exactly
    /// the kept response.
    /// </summary>
    [Fact]
    public void AnswerToOneVersion_IsUnderstoodByEveryOther() =>
        Holds(
            from format in Formats
            from first in Gen.Choose(0, 2).SelectMany(version => Requests(version, format))
            from second in Gen.Choose(0, 2).SelectMany(version => Requests(version, format))
            from acks in Gen.Choose(1, 20)
            from shallow in Ids(format, 0)
            from unshallow in Ids(format, 0)
            from pack in Gen.Choose(0, 255).ArrayOf(3_000)
            select (
                first,
                second: first with
                {
                    Framing = second.Framing,
                },
                acks,
                shallow,
                unshallow,
                pack: pack.Select(value => (byte)value).ToArray()
            ),
            row =>
            {
                FetchRequest asked = row.first.Request;
                if (!asked.MayBringPack || !FitsInto(asked, row.second.Framing))
                {
                    return true;
                }

                bool negotiates = !asked.IsDone && asked.Haves.Count > 0;
                var said = new FetchPrologue
                {
                    HasAcknowledgments = negotiates,
                    Acks = negotiates ? [.. asked.Haves.Take(row.acks)] : [],
                    Ready = negotiates,
                    HasShallowInfo = asked.Deepens,
                    Shallow = asked.Deepens ? row.shallow : [],
                    Unshallow = asked.Deepens ? row.unshallow : [],
                };
                (FetchPrologue? kept, byte[] keptPack) = Read(Answer(said, row.pack, row.first), row.first);
                if (kept is null)
                {
                    return false;
                }

                (FetchPrologue? told, byte[] toldPack) = Read(Answer(kept, keptPack, row.second), row.second);
                return said.Equals(kept) && said.Equals(told) && row.pack.AsSpan().SequenceEqual(toldPack);
            }
        );

    /// <summary>Whether a client of this form can ask for its pack when this request does.</summary>
    private static bool FitsInto(FetchRequest asked, ResponseFraming framing) =>
        framing.ProtocolVersion == 2 || framing.WhenPackComes(asked.IsDone, asked.Haves.Count > 0) == asked.Pack;

    private static byte[] Answer(FetchPrologue prologue, byte[] pack, ParsedCommand.Fetch fetch)
    {
        var codec = new ResponseCodec(fetch.Request, fetch.Framing);
        var writer = new ArrayBufferWriter<byte>();
        codec.WritePrologue(writer, prologue);
        codec.WriteProgress(writer, "a line");
        codec.WriteKeepalive(writer);
        foreach (byte[] piece in ((byte[])[.. "PACK"u8, .. pack]).Chunk(Math.Min(codec.MaxPayload, 1_500)))
        {
            Span<byte> packet = writer.GetSpan(piece.Length + 5);
            int header = codec.WritePackHeader(packet, piece.Length);
            piece.CopyTo(packet[header..]);
            writer.Advance(header + piece.Length);
        }
        codec.WriteEnd(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static (FetchPrologue? Prologue, byte[] Pack) Read(byte[] answer, ParsedCommand.Fetch fetch)
    {
        var codec = new ResponseCodec(fetch.Request, fetch.Framing);
        var bytes = new ReadOnlySequence<byte>(answer);
        if (codec.TryReadPrologue(ref bytes, out FetchPrologue? prologue) != ResponseStart.Pack)
        {
            return (null, []);
        }

        if (!codec.HasBands)
        {
            return (prologue, bytes.ToArray()[4..]);
        }

        var pack = new List<byte>();
        BandKind last = BandKind.Keepalive;
        while (FetchResponseReader.TryReadBand(ref bytes, out BandLine band))
        {
            last = band.Kind;
            if (band.Kind == BandKind.PackData)
            {
                pack.AddRange(band.Payload.ToArray());
            }

            if (band.Kind == BandKind.Progress && fetch.Framing.NoProgress)
            {
                return (null, []);
            }

            if (fetch.Framing.SidebandKind == SidebandKind.Sideband && band.Payload.Length > 995)
            {
                return (null, []);
            }
        }
        return last == BandKind.End && bytes.IsEmpty ? (prologue, [.. pack.Skip(4)]) : (null, []);
    }

    private static Gen<ParsedCommand.Fetch> Requests(int version) => Formats.SelectMany(format => Requests(version, format));

    private static Gen<ParsedCommand.Fetch> Requests(int version, ObjectFormat format) =>
        from wants in Ids(format, 1)
        from haves in Ids(format, 0)
        from shallows in Ids(format, 0)
        from filter in Filters
        from flags in Gen.Choose(0, 255)
        from boundary in Gen.Choose(0, 2)
        from number in Gen.Choose(1, int.MaxValue)
        from sideband in Gen.Elements(SidebandKind.None, SidebandKind.Sideband, SidebandKind.Sideband64k)
        from acks in Gen.Elements(MultiAck.None, MultiAck.MultiAck, MultiAck.Detailed)
        let framing = new ResponseFraming
        {
            ProtocolVersion = version,
            NoProgress = (flags & 16) != 0,
            SidebandAll = version == 2 && (flags & 128) != 0,
            SidebandKind = version == 2 ? SidebandKind.Sideband64k : sideband,
            MultiAck = version == 2 ? MultiAck.None : acks,
            NoDone = version != 2 && (flags & 64) != 0,
        }
        let done = (flags & 32) != 0
        let request = new FetchRequest
        {
            ObjectFormat = format,
            Wants = wants,
            Haves = haves,
            Shallows = shallows,
            Filter = filter,
            Depth = boundary == 1 ? number : null,
            DeepenSince = boundary == 2 ? number : null,
            DeepenRelative = (flags & 1) != 0,
            ThinPack = (flags & 2) != 0,
            OfsDelta = (flags & 4) != 0,
            IncludeTag = (flags & 8) != 0,
            Pack =
                version != 2 ? framing.WhenPackComes(done, haves.Count > 0)
                : done ? PackWhen.AtOnce
                : (flags & 64) != 0 ? PackWhen.Never
                : PackWhen.WhenReady,
        }
        select new ParsedCommand.Fetch(request, framing);

    private static Gen<IReadOnlyList<ObjectId>> Ids(ObjectFormat format, int least) =>
        from count in Gen.Choose(least, 40)
        from bytes in Gen.Choose(0, 255).ArrayOf(count * format.DigestLength)
        select (IReadOnlyList<ObjectId>)
            [.. bytes.Select(value => (byte)value).Chunk(format.DigestLength).Select(raw => ObjectId.FromRaw(raw)).Distinct()];

    private static void Holds<T>(Gen<T> values, Func<T, bool> property) =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(values.ToArbitrary(), property));
}
