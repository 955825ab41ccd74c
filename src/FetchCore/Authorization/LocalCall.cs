using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>What is to be made from a mirror.</summary>
/// <param name="Repository">Of which repository.</param>
/// <param name="Request">What is asked: every want may be had by the asker, and every have be built on.</param>
/// <param name="Asker">In whose name the mirror is brought up to date for it.</param>
/// <param name="Rule">What of the mirror the asker may have.</param>
public sealed record LocalCall(RepositoryName Repository, FetchRequest Request, SyncRequester Asker, VisibilityRule Rule);
