namespace Waystation.EndToEnd.Tests.Farm.Histories;

/// <summary>A node was killed and started again.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Begun">Before it was killed.</param>
/// <param name="Dead">After its last process had gone. No balancer gets a connection from it any more.</param>
/// <param name="Ready">When it took requests again.</param>
public sealed record RecordedDeath(int Node, long Begun, long Dead, long Ready);
