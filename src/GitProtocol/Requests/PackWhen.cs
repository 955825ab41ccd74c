namespace Waystation.GitProtocol.Requests;

/// <summary>
/// When the server sends the pack. Each protocol version says it in its own words (gitprotocol-v2, fetch; gitprotocol-capabilities,
/// no-done):
/// <code>
///                   v2               v0, v1
///   at once         done             done
///   when ready      neither word     no-done and multi_ack_detailed, with haves
///   never           wait-for-done    anything else
/// </code>
/// </summary>
public enum PackWhen
{
    /// <summary>After the acknowledgment that calls the server ready, in the same response.</summary>
    WhenReady,

    /// <summary>Negotiation is over: the response brings the pack.</summary>
    AtOnce,

    /// <summary>The response is a round of negotiation: it brings acknowledgments, or just the new boundary.</summary>
    Never,
}
