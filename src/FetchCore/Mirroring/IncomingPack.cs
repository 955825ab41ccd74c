using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>What came by without being asked for.</summary>
/// <param name="View">What the primary showed after it had taken it.</param>
/// <param name="Tips">Where it leads to: shown, each of them.</param>
/// <param name="Gone">Refs that it removed.</param>
/// <param name="Pack">The objects, as they came; null where there are none.</param>
public sealed record IncomingPack(AccessView View, IReadOnlyCollection<ObjectId> Tips, IReadOnlyCollection<string> Gone, Stream? Pack);
