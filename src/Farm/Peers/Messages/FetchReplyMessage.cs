namespace Waystation.Farm.Peers.Messages;

/// <summary>The head of the reply to a <see cref="FetchMessage"/>.</summary>
/// <param name="HasAnswer">Whether a v2 response follows: a pack, or a round of negotiation.</param>
/// <param name="Reason">Why there is none, for the log.</param>
internal sealed record FetchReplyMessage(bool HasAnswer, string? Reason = null);
