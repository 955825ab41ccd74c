using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Proxy.Http;

/// <summary>What makes two questions for refs the same: where, by whom, and all that the primary sees of them.</summary>
/// <param name="Repository">Where.</param>
/// <param name="Credential">In whose name; nobody shares another's.</param>
/// <param name="Question">A digest of the request as it goes on: <see cref="ClientIdentity.KeyOf"/>.</param>
internal sealed record RefsKey(RepositoryName Repository, Credential Credential, string Question);
