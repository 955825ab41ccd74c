using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>The announcement that the primary refused a credential.</summary>
/// <param name="Kind">What the refusal ends.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential, as the node that was refused digests it.</param>
internal sealed record RefusalNotice(RefusalKind Kind, RepositoryName Repository, Credential Credential);
