using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.SshFrontend.Sessions;

/// <summary>All that the client has said in a v0 or v1 conversation.</summary>
/// <param name="needs">Its needs as they came, with their flush-pkt.</param>
/// <param name="boundaryTold">It has heard its new boundary.</param>
internal sealed class V0Rounds(ReadOnlyMemory<byte> needs, bool boundaryTold)
{
    /// <summary>Bytes of a line with a have, without its id: pkt-len, keyword and LF.</summary>
    private const int HaveLength = 4 + 5 + 1;

    /// <summary>Bytes that are enough for the end of a round.</summary>
    private const int EndLength = 16;

    public ReadOnlyMemory<byte> Needs => needs;

    public bool BoundaryTold => boundaryTold;

    /// <summary>The haves of all rounds, each once.</summary>
    public List<ObjectId> Haves { get; } = [];

    /// <summary>Negotiation is over.</summary>
    public bool Done { get; set; }

    /// <summary>It all, as one stateless request.</summary>
    public ReadOnlyMemory<byte> ToBytes() => Write(Haves, Done);

    /// <summary>The needs, and done at once.</summary>
    public ReadOnlyMemory<byte> ToCloneBytes() => Write([], done: true);

    private ReadOnlyMemory<byte> Write(List<ObjectId> haves, bool done)
    {
        int have = haves.Count == 0 ? 0 : HaveLength + haves[0].Format.HexLength;
        // One array of the right length: one that doubles leaves as much behind again, and there may be 160,000 haves.
        var written = new ArrayBufferWriter<byte>(needs.Length + (haves.Count * have) + EndLength);
        written.Write(needs.Span);
        FetchRequestWriter.WriteRoundV0(written, haves, done);
        return written.WrittenMemory;
    }
}
