using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Refs;

/// <summary>A client's question for refs, as a front end hands it to the core.</summary>
public sealed record RefsQuery
{
    /// <summary>The repository, the credential and the question.</summary>
    public required RefsKey Key { get; init; }

    /// <summary>The primary, asked in this client's name; also after this request, for a sync that the listing starts.</summary>
    public required IPrimary Primary { get; init; }

    /// <summary>The client's <c>ls-refs</c>; null for the advertisement.</summary>
    public LsRefsRequest? LsRefs { get; init; }

    /// <summary>The protocol version that the client asks for: 0, 1 or 2; null if servers may read it differently.</summary>
    public required int? ProtocolVersion { get; init; }

    /// <summary>The repository.</summary>
    public RepositoryName Repository => Key.Repository;

    /// <summary>The credential.</summary>
    public Credential Credential => Key.Credential;
}
