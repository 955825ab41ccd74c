using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Fuzz.Git;

/// <summary>Responses of upload-pack: the sections before the pack, its bands, and its trailer.</summary>
internal static class FetchResponses
{
    private static readonly ObjectId s_have = ObjectId.Parse(new string('a', 40));

    public static void Read(byte[] bytes) =>
        BothWays.Read(
            bytes,
            static all => V2(all, ObjectFormat.Sha1, sidebandAll: false),
            static all => V2(all, ObjectFormat.Sha256, sidebandAll: true),
            static all => V0(all, new FetchRequest { Depth = 1, Pack = PackWhen.AtOnce }, new ResponseFraming { ProtocolVersion = 0 }),
            static all =>
                V0(
                    all,
                    new FetchRequest { Haves = [s_have], Pack = PackWhen.AtOnce },
                    new ResponseFraming { ProtocolVersion = 0, MultiAck = MultiAck.Detailed }
                ),
            static all =>
                V0(
                    all,
                    new FetchRequest { Pack = PackWhen.AtOnce },
                    new ResponseFraming { ProtocolVersion = 0, SidebandKind = SidebandKind.None }
                ),
            Pack
        );

    private static string V2(ReadOnlySequence<byte> bytes, ObjectFormat format, bool sidebandAll)
    {
        ResponseStart start = FetchResponseReader.TryReadPrologue(ref bytes, format, sidebandAll, out FetchPrologue? prologue);
        return $"{start} {prologue} {(start == ResponseStart.Pack ? Bands(bytes) : "")}";
    }

    private static string V0(ReadOnlySequence<byte> bytes, FetchRequest request, ResponseFraming framing)
    {
        ResponseStart start = FetchResponseReader.TryReadPrologueV0(ref bytes, request, framing, out FetchPrologue? prologue);
        bool isFramed = start == ResponseStart.Pack && framing.HasBands;
        return $"{start} {prologue} {(isFramed ? Bands(bytes) : bytes.Length)}";
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
