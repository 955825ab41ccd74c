using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;

namespace Waystation.FetchCore.Snapshots;

/// <summary>One request for a snapshot, as a front end hands it to the core.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The client's credential.</param>
/// <param name="Shown">All refs that the primary shows to it, asked for by this request.</param>
/// <param name="Asker">The requester in whose name the mirror is synced.</param>
public sealed record SnapshotCall(RepositoryName Repository, Credential Credential, RefListing Shown, SyncRequester Asker);
