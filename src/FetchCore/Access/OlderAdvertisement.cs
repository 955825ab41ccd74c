using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>What an advertisement of v0 or v1 says beside its refs (gitprotocol-pack, Reference Discovery).</summary>
/// <param name="Version">0 or 1.</param>
/// <param name="Capabilities">As they stood behind the first ref, a space between them.</param>
/// <param name="Shallows">The boundary of a primary that is shallow itself.</param>
public sealed record OlderAdvertisement(int Version, string Capabilities, IReadOnlyList<ObjectId> Shallows);
