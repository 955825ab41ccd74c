using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Access;

/// <summary>An advertisement of v0 or v1 without its refs (gitprotocol-pack, Reference Discovery).</summary>
/// <param name="Version">0 or 1.</param>
/// <param name="Capabilities">The capabilities behind the first ref, separated by spaces.</param>
/// <param name="Shallows">The boundary of a shallow primary.</param>
public sealed record V0Advertisement(int Version, string Capabilities, IReadOnlyList<ObjectId> Shallows)
{
    /// <summary>
    /// Writes the node's own request with capabilities that this primary has. Some servers refuse a capability that they did not advertise,
    /// and some a request without multi_ack, which git's own client always sends if it may.
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
