using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;

namespace Waystation.Primaries.Ssh;

/// <summary>In whose name a repository is asked for over SSH.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential of the key that the primary accepted.</param>
/// <param name="Tickets">Whose clock says when a reply came.</param>
/// <param name="Meters">Counts each question.</param>
public sealed record SshAsker(RepositoryName Repository, Credential Credential, AccessTickets Tickets, FetchMeters Meters);
