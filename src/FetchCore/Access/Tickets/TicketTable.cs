using Waystation.CacheStore;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// The tickets, bounded in number and in bytes. On a public repository the primary accepts strangers as well, under any number of names. So
/// the repository with the most newcomers makes room, by its newcomers: strangers displace neither tickets of another repository nor a
/// credential that came again. A credential with very many tickets makes room first, by its own oldest ones, and then all clients without
/// a login if they have more than half. So a crawler over thousands of repositories displaces itself. Not for several threads at once.
/// <code>
///   first answer ──► newcomer ──► comes again after a second ──► established
///                       └─► the oldest goes when there is no room          └─► goes when none of its answers counts any more
/// </code>
/// </summary>
/// <param name="time">The clock of the tickets.</param>
/// <param name="memory">How long an answer counts.</param>
/// <param name="bounds">The bounds.</param>
/// <param name="isLive">Whether an answer of that time still replaces a question; other answers are for outages only.</param>
internal sealed class TicketTable(TimeProvider time, TimeSpan memory, TicketBounds bounds, Func<long, bool> isLive)
{
    /// <summary>One clone is several questions, all within a moment.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly Dictionary<RepositoryName, RepositoryTickets> _repositories = [];
    private readonly Dictionary<Credential, CredentialTickets> _credentials = [];
    private readonly LinkedList<TicketEntry> _ages = new();

    /// <summary>The newcomers without a login, the longest unchanged first.</summary>
    private readonly LinkedList<TicketEntry> _anonymousNewcomers = new();

    private readonly ByteCount _held = new();
    private int _newcomers;
    private int _anonymous;
    private long _bytesOfAnonymous;

    public int Count => _ages.Count;

    public long Bytes => _held.Bytes;

    private bool IsTooMuch => _held.Bytes > bounds.Bytes;

    public Ticket? Find(RepositoryName repository, Credential credential) => EntryOf(repository, credential)?.Ticket;

    public void Remove(RefusalScope scope)
    {
        foreach (TicketEntry entry in EntriesOf(scope))
        {
            Remove(entry);
        }
    }

    /// <summary>The largest listing that any ticket for the repository has.</summary>
    public RefListing? LargestListing(RepositoryName repository) =>
        _repositories.TryGetValue(repository, out RepositoryTickets? tickets) ? tickets.Listings.Largest : null;

    /// <summary>Adds a listing to a ticket.</summary>
    public void RecordRefs(
        RepositoryName repository,
        Credential credential,
        RefListing listing,
        ObjectId digest,
        long bytes,
        long askedAt
    ) =>
        Change(
            repository,
            credential,
            entry =>
            {
                RefListing shared = entry.Repository.Listings.Hold(listing, digest, bytes);
                Set(entry, entry.Ticket.With(shared, askedAt));
                entry.Repository.Listings.Release(shared);
            }
        );

    /// <summary>Adds capabilities to a ticket.</summary>
    public void Accept(
        RepositoryName repository,
        Credential credential,
        CapabilityAdvertisement capabilities,
        ObjectId digest,
        long askedAt
    ) =>
        Change(
            repository,
            credential,
            entry =>
            {
                CapabilityAdvertisement shared = entry.Repository.Capabilities.Hold(
                    capabilities,
                    digest,
                    TicketParts.BytesOf(capabilities)
                );
                Set(entry, entry.Ticket.With(shared, askedAt));
                entry.Repository.Capabilities.Release(shared);
                Outdate(entry.Repository, shared, askedAt);
            }
        );

    /// <summary>Whether there are tickets for the repository, and each belongs to a login.</summary>
    public bool AreOfUsersAlone(RepositoryName repository) =>
        _repositories.TryGetValue(repository, out RepositoryTickets? tickets)
        && tickets.Entries.Keys.All(static credential => !credential.IsAnonymous);

    /// <summary>The capabilities of a ticket are not shown any more, except in an outage.</summary>
    public void ExpireCapabilities(RepositoryName repository, Credential credential)
    {
        if (EntryOf(repository, credential) is { Ticket.Capabilities: not null } entry)
        {
            Set(entry, entry.Ticket with { AreCapabilitiesOutdated = true });
        }
    }

    /// <summary>Marks other capabilities of the repository as outdated.</summary>
    private void Outdate(RepositoryTickets repository, CapabilityAdvertisement now, long askedAt)
    {
        if (repository.Capabilities.Count == 1)
        {
            return;
        }

        foreach (TicketEntry entry in repository.Entries.Values)
        {
            Ticket ticket = entry.Ticket;
            if (ticket.Capabilities is { } kept && kept != now && !ticket.AreCapabilitiesOutdated && ticket.AcceptedAt < askedAt)
            {
                Set(entry, ticket with { AreCapabilitiesOutdated = true });
            }
        }
    }

    private List<TicketEntry> EntriesOf(RefusalScope scope) =>
        scope switch
        {
            RefusalScope.One one => EntryOf(one.Repository, one.Credential) is { } entry ? [entry] : [],
            RefusalScope.Many many => _repositories.TryGetValue(many.Repository, out RepositoryTickets? tickets)
                ? [.. tickets.Entries.Values.Where(entry => entry.Credential.IsAnonymous == many.IsAnonymous)]
                : [],
            _ => [.. _ages],
        };

    private TicketEntry? EntryOf(RepositoryName repository, Credential credential) =>
        _repositories.TryGetValue(repository, out RepositoryTickets? tickets) ? tickets.Entries.GetValueOrDefault(credential) : null;

    private void Change(RepositoryName repository, Credential credential, Action<TicketEntry> change)
    {
        long now = time.GetTimestamp();
        while (_ages.First is { } oldest && time.GetElapsedTime(oldest.Value.ChangedAt, now) >= memory)
        {
            Remove(oldest.Value);
        }

        TicketEntry entry = EntryOf(repository, credential) ?? Add(repository, credential, now);
        Set(entry, entry.Ticket.Only(at => time.GetElapsedTime(at, now) < memory));
        change(entry);
        entry.ChangedAt = now;
        _ages.Remove(entry.Age);
        _ages.AddLast(entry.Age);
        CredentialTickets own = _credentials[credential];
        own.Entries.Remove(entry.OfCredential);
        own.Entries.AddLast(entry.OfCredential);
        Place(entry, now);
        MakeRoom(entry);
        if (entry.Ticket.IsEmpty)
        {
            Remove(entry);
        }
    }

    private TicketEntry Add(RepositoryName repository, Credential credential, long now)
    {
        if (!_repositories.TryGetValue(repository, out RepositoryTickets? tickets))
        {
            _repositories.Add(repository, tickets = new RepositoryTickets(repository, _held));
        }

        var entry = new TicketEntry(tickets, credential, now);
        tickets.Entries.Add(credential, entry);
        tickets.Newcomers.AddLast(entry.Newcomer);
        _newcomers++;
        _ages.AddLast(entry.Age);
        if (!_credentials.TryGetValue(credential, out CredentialTickets? own))
        {
            _credentials.Add(credential, own = new CredentialTickets());
        }

        own.Entries.AddLast(entry.OfCredential);
        if (credential.IsAnonymous)
        {
            _anonymous++;
            _anonymousNewcomers.AddLast(entry.Anonymous);
        }

        return entry;
    }

    private void Place(TicketEntry entry, long now)
    {
        if (entry.IsEstablished)
        {
            return;
        }

        LeaveNewcomers(entry);
        if (time.GetElapsedTime(entry.FirstAt, now) >= s_again && MayEstablish(entry.Credential))
        {
            entry.IsEstablished = true;
            return;
        }

        entry.Repository.Newcomers.AddLast(entry.Newcomer);
        _newcomers++;
        if (entry.Credential.IsAnonymous)
        {
            _anonymousNewcomers.AddLast(entry.Anonymous);
        }
    }

    /// <summary>Whether there is a place for this ticket, which is no newcomer now.</summary>
    private bool MayEstablish(Credential credential) =>
        _ages.Count - _newcomers <= bounds.Established
        && (!credential.IsAnonymous || _anonymous - _anonymousNewcomers.Count <= bounds.Established / 2);

    private void LeaveNewcomers(TicketEntry entry)
    {
        entry.Repository.Newcomers.Remove(entry.Newcomer);
        _newcomers--;
        if (entry.Credential.IsAnonymous)
        {
            _anonymousNewcomers.Remove(entry.Anonymous);
        }
    }

    private void Remove(TicketEntry entry)
    {
        Set(entry, Ticket.Empty);
        _ages.Remove(entry.Age);
        RepositoryTickets repository = entry.Repository;
        if (!entry.IsEstablished)
        {
            LeaveNewcomers(entry);
        }

        CredentialTickets own = _credentials[entry.Credential];
        own.Entries.Remove(entry.OfCredential);
        _anonymous -= entry.Credential.IsAnonymous ? 1 : 0;
        if (own.Entries.Count == 0)
        {
            _credentials.Remove(entry.Credential);
        }

        repository.Entries.Remove(entry.Credential);
        if (repository.Entries.Count == 0)
        {
            _repositories.Remove(repository.Name);
        }
    }

    private void Set(TicketEntry entry, Ticket ticket)
    {
        Ticket old = entry.Ticket;
        if (ReferenceEquals(old, ticket))
        {
            return;
        }

        RepositoryTickets repository = entry.Repository;
        foreach ((RefListing listing, _) in ticket.Shown)
        {
            repository.Listings.HoldAgain(listing);
        }

        if (ticket.Capabilities is { } capabilities)
        {
            repository.Capabilities.HoldAgain(capabilities);
        }

        long bytes = ticket.Shown.Sum(shown => repository.Listings.BytesOf(shown.Listing));
        _credentials[entry.Credential].Bytes += bytes - entry.Bytes;
        _bytesOfAnonymous += entry.Credential.IsAnonymous ? bytes - entry.Bytes : 0;
        entry.Bytes = bytes;
        foreach ((RefListing listing, _) in old.Shown)
        {
            repository.Listings.Release(listing);
        }

        if (old.Capabilities is { } replaced)
        {
            repository.Capabilities.Release(replaced);
        }

        entry.Ticket = ticket;
    }

    private void MakeRoom(TicketEntry incoming)
    {
        if (_ages.Count > bounds.Tickets)
        {
            // An eighth at once, so that the search for that credential stays cheap.
            CredentialTickets most = _credentials.Values.MaxBy(static own => own.Entries.Count)!;
            int count = most.Entries.Count;
            RemoveOldest(most, incoming, () => count > bounds.OfOneCredential && most.Entries.Count > count - Math.Max(1, count / 8));
        }

        while (_ages.Count > bounds.Tickets && (OldestAnonymous(incoming) ?? OldestNewcomer(incoming)) is { } stranger)
        {
            Remove(stranger);
        }

        if (_ages.Count > bounds.Tickets)
        {
            Set(incoming, Ticket.Empty);
        }

        if (!IsTooMuch)
        {
            return;
        }

        // Earlier listings of this credential count for less than those of others.
        Set(incoming, incoming.Ticket with { Shown = [.. incoming.Ticket.Shown.Take(1)] });
        CredentialTickets heaviest = _credentials.Values.MaxBy(static own => own.Bytes)!;
        RemoveOldest(heaviest, incoming, () => IsTooMuch && heaviest.Bytes > bounds.BytesOfOneCredential);
        while (IsTooMuch && _bytesOfAnonymous > bounds.BytesOfAnonymous && OldestOf(_anonymousNewcomers, incoming) is { } anonymous)
        {
            Remove(anonymous);
        }

        if (!IsTooMuch)
        {
            return;
        }

        RepositoryTickets largest = _repositories.Values.MaxBy(static repository => repository.Bytes)!;
        foreach (TicketEntry stranger in largest.Newcomers.Where(entry => entry != incoming).ToList())
        {
            if (IsTooMuch)
            {
                Remove(stranger);
            }
        }

        foreach (TicketEntry entry in IsTooMuch ? largest.Entries.Values.OrderBy(static entry => entry.ChangedAt).ToList() : [])
        {
            if (IsTooMuch)
            {
                Set(entry, entry.Ticket with { Shown = [.. entry.Ticket.Shown.Where(shown => isLive(shown.At))] });
            }
        }

        if (IsTooMuch)
        {
            Set(incoming, Ticket.Empty);
        }
    }

    /// <summary>Removes tickets of a credential, the oldest first.</summary>
    private void RemoveOldest(CredentialTickets own, TicketEntry incoming, Func<bool> goesOn)
    {
        for (LinkedListNode<TicketEntry>? node = own.Entries.First, next; node is not null && goesOn(); node = next)
        {
            next = node.Next;
            if (node.Value != incoming)
            {
                Remove(node.Value);
            }
        }
    }

    private TicketEntry? OldestAnonymous(TicketEntry incoming) =>
        _anonymous > bounds.OfAnonymous ? OldestOf(_anonymousNewcomers, incoming) : null;

    private static TicketEntry? OldestOf(LinkedList<TicketEntry> entries, TicketEntry incoming) =>
        entries.First?.Value is { } first && first != incoming ? first : entries.First?.Next?.Value;

    private TicketEntry? OldestNewcomer(TicketEntry incoming)
    {
        RepositoryTickets crowded =
            incoming.Repository.Newcomers.Count * 2 > _newcomers
                ? incoming.Repository
                : _repositories.Values.MaxBy(static repository => repository.Newcomers.Count)!;
        return OldestOf(crowded.Newcomers, incoming);
    }
}
