using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;

namespace Waystation.Farm.Tickets;

/// <summary>The announcement that the primary acknowledged a push.</summary>
/// <param name="Key">The key of the credential.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Pusher">The credential of the push.</param>
/// <param name="Refs">The moved refs; null if there are too many to announce.</param>
internal sealed record PushNotice(uint Key, RepositoryName Repository, Credential Pusher, IReadOnlyList<PushedRef>? Refs);
