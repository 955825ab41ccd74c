namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>A clone, fetch or push that failed.</summary>
/// <param name="Client">The client and its command, for a message.</param>
/// <param name="Node">The node that it asked; null if a balancer chose one.</param>
/// <param name="ProtocolVersion">The version of Git's protocol that the client spoke.</param>
/// <param name="Said">What git said.</param>
/// <param name="Begun">Before the client was started.</param>
/// <param name="Ended">After it had ended.</param>
public sealed record RecordedFailure(string Client, int? Node, int ProtocolVersion, string Said, long Begun, long Ended);
