using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Refs;

/// <summary>The name in which the node itself asks for refs.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential.</param>
/// <param name="Primary">The primary, asked with that credential.</param>
/// <param name="Format">The object format of the client's request.</param>
/// <param name="ProtocolVersion">The protocol version of the client's request.</param>
public sealed record RefsAsker(
    RepositoryName Repository,
    Credential Credential,
    IPrimary Primary,
    ObjectFormat Format,
    int ProtocolVersion
);
