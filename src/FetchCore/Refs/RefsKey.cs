using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// What makes two questions for refs equal: the repository, the credential, and all that the primary sees of the question.
/// </summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential; nobody shares another's.</param>
/// <param name="Question">A digest of the request as it goes on.</param>
public sealed record RefsKey(RepositoryName Repository, Credential Credential, string Question);
