using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;

namespace Waystation.Primaries.Ssh;

/// <summary>The name in which a repository is asked for over SSH.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential of the key that the primary accepted.</param>
/// <param name="Tickets">Its clock gives the time of a question.</param>
/// <param name="Meters">Counts each question.</param>
public sealed record SshAsker(RepositoryName Repository, Credential Credential, AccessTickets Tickets, FetchMeters Meters);
