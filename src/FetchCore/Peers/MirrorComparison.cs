using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Peers;

/// <summary>Two mirrors of one repository, at two nodes, compared.</summary>
/// <param name="Refs">The refs of the other node's mirror; null if they are the same.</param>
public sealed record MirrorComparison(AccessView? Refs);
