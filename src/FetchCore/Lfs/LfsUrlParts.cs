using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>The parts of a URL that a node signed.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential to which the primary gave the permission, as the node that signed digests it.</param>
/// <param name="Object">The object.</param>
/// <param name="Node">The only node that can download the object from the primary; null if each can.</param>
public sealed record LfsUrlParts(RepositoryName Repository, Credential Credential, LfsObject Object, string? Node)
{
    /// <summary>
    /// Whether the signature has the other key of a rotation. The digest of the credential then says nothing at this node.
    /// </summary>
    public bool IsOfOtherKey { get; init; }
}
