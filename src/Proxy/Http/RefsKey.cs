using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.Proxy.Http;

/// <summary>What makes two questions for refs the same: where, by whom, in which version, and what.</summary>
/// <param name="Repository">Where.</param>
/// <param name="Credential">In whose name; nobody shares another's.</param>
/// <param name="Protocol"><c>Git-Protocol</c> as the client sent it.</param>
/// <param name="Asked">The <c>ls-refs</c>; null asks for the advertisement.</param>
internal sealed record RefsKey(RepositoryName Repository, Credential Credential, string Protocol, LsRefsRequest? Asked);
