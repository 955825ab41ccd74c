using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Peers;

/// <summary>The reply of a peer: protocol v2, whatever the client speaks.</summary>
/// <param name="Peer">The name of the node.</param>
/// <param name="Reply">The reply; the receiver disposes it.</param>
public sealed record PeerAnswer(string Peer, PrimaryReply Reply);
