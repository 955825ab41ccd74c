using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.FetchCore.Access.Standing;

/// <summary>
/// Which clients are strangers: those that anybody could be. What a stranger brings in must not cost the others.
/// <code>
///   no login                                                              a stranger
///   the primary has shown nothing to a client without a login             known: the operator of the primary knows each login
///   the primary demands a login for this repository (401)                 known: strangers cannot have it
///   the primary first accepted the login more than KnownAfter ago         known
///   any other login                                                       a stranger: anybody may open an account
/// </code>
/// It decides on room and turns only, never on permission. It asks the primary nothing: it hears the answers that tickets are made of.
/// </summary>
public sealed class ClientStandings
{
    /// <summary>Guards memory against clients that invent logins: a public primary accepts each of them.</summary>
    private const int MaxLogins = 65_536;

    private const int MaxRepositories = 65_536;

    /// <summary>How long a login is remembered after its last acceptance, so that a holiday makes no stranger.</summary>
    private static readonly TimeSpan s_loginMemory = TimeSpan.FromDays(30);

    private static readonly TimeSpan s_demandMemory = TimeSpan.FromDays(1);

    private readonly StrangerOptions _options;
    private readonly TimeProvider _time;

    /// <summary>The time of the first acceptance of each login.</summary>
    private readonly RecentMap<Credential, long?> _logins;

    /// <summary>The repositories for which the primary lately demanded a login.</summary>
    private readonly RecentMap<RepositoryName, bool> _closed;

    /// <summary>The primaries that have shown something to a client without a login.</summary>
    private readonly ConcurrentDictionary<string, bool> _open = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="tickets">Tells what the primary accepts, and for which repositories it demands a login.</param>
    /// <param name="options">The time after which a login is known.</param>
    /// <param name="time">The clock.</param>
    public ClientStandings(AccessTickets tickets, StrangerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        (_options, _time) = (options, time);
        _logins = new(MaxLogins, s_loginMemory, time);
        _closed = new(MaxRepositories, s_demandMemory, time);
        tickets.WhenAccepted(NoteAccepted);
        tickets.WhenLoginDemanded(repository => _closed.Set(repository, true));
    }

    /// <summary>Whether this credential, which the primary accepted for this repository, is a stranger there.</summary>
    public bool IsStranger(RepositoryName repository, Credential credential) =>
        credential.IsAnonymous
        || (
            _options.KnownAfter > TimeSpan.Zero
            && _open.ContainsKey(repository.Host)
            && !_closed.Contains(repository)
            && !(_logins.TryGet(credential, out long? since) && _time.GetElapsedTime(since!.Value) >= _options.KnownAfter)
        );

    /// <summary>The primary accepted a credential for a repository.</summary>
    public void NoteAccepted(RepositoryName repository, Credential credential)
    {
        if (credential.IsAnonymous)
        {
            _open.TryAdd(repository.Host, true);
            _closed.Remove(repository);
        }
        else
        {
            _logins.Update(credential, since => since ?? _time.GetTimestamp());
        }
    }
}
