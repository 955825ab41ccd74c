using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// The key of a question for refs: the repository, the credential, and everything that the primary sees of the question.
/// </summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential; two credentials never share.</param>
/// <param name="Question">A digest of the request as it is sent.</param>
public sealed record RefsKey(RepositoryName Repository, Credential Credential, string Question);
