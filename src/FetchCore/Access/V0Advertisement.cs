using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Access;

/// <summary>What an advertisement of v0 or v1 says beside its refs (gitprotocol-pack, Reference Discovery).</summary>
/// <param name="Version">0 or 1.</param>
/// <param name="Capabilities">As they stood behind the first ref, a space between them.</param>
/// <param name="Shallows">The boundary of a primary that is shallow itself.</param>
public sealed record V0Advertisement(int Version, string Capabilities, IReadOnlyList<ObjectId> Shallows)
{
    /// <summary>
    /// A request of the node's own making, in the words that this primary has: some refuse a word that they did not advertise, and some
    /// a request without multi_ack, which git's own client always says where it may.
    /// </summary>
    public (FetchRequest Request, ResponseFraming Framing) Word(FetchRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        HashSet<string> words = [.. Capabilities.Split(' ')];
        var framing = new ResponseFraming
        {
            ProtocolVersion = Version,
            MultiAck = CapabilityWords.MultiAckOf(words),
            SidebandKind = CapabilityWords.SidebandOf(words),
        };
        return (
            request with
            {
                ThinPack = request.ThinPack && words.Contains(CapabilityWords.ThinPack),
                OfsDelta = request.OfsDelta && words.Contains(CapabilityWords.OfsDelta),
            },
            framing
        );
    }
}
