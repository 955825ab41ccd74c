using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>A push that the node copied, for a mirror.</summary>
/// <param name="View">The primary's listing after it accepted the push.</param>
/// <param name="Tips">The pushed tips; the listing shows each of them.</param>
/// <param name="Gone">The removed refs.</param>
/// <param name="Pack">The pack; null if the push has none.</param>
public sealed record IncomingPack(AccessView View, IReadOnlyCollection<ObjectId> Tips, IReadOnlyCollection<string> Gone, Stream? Pack);
