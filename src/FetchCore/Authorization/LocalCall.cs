using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>A request for a response from a mirror.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Request">The request: the client may have every want, and may see every have.</param>
/// <param name="Asker">The requester in whose name the mirror is synced for it.</param>
/// <param name="Rule">The objects of the mirror that the client may have.</param>
/// <param name="Credential">The client's credential, for its turn among others.</param>
public sealed record LocalCall(
    RepositoryName Repository,
    FetchRequest Request,
    SyncRequester Asker,
    VisibilityRule Rule,
    Credential Credential
);
