using Waystation.CacheStore;
using Waystation.FetchCore.Access.Recording;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// The access tickets: which credential the primary lately accepted for which repository, and what it showed it. Each
/// listing expires by the question whose answer showed it and is never renewed by use. Any refusal ends all of it, also what was
/// answered before the refusal and is recorded after.
/// <para>
/// For outages what was shown is remembered longer, as a record: <see cref="FindRecorded"/>. Nothing that the primary can be asked
/// rests on it.
/// </para>
/// </summary>
public sealed class AccessTickets
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _lifetime;
    private readonly TimeSpan _serveFor;
    private readonly Lock _gate = new();
    private readonly TicketTable _tickets;
    private readonly Refusals _refusals;
    private readonly Refusals _doubts;
    private readonly PushedRefs _pushed;
    private readonly TimeSpan _memory;
    private Action<RepositoryName, RefListing>? _whenShown;

    /// <summary>Tickets within the usual bounds.</summary>
    /// <param name="time">Its timestamps are monotonic: a jump of the clock neither prolongs nor ends a ticket.</param>
    /// <param name="lifetime">How long an answer holds; zero asks the primary on every request.</param>
    /// <param name="serveFor">How long an answer is remembered for an outage; zero serves nobody in one.</param>
    public AccessTickets(TimeProvider time, TimeSpan lifetime, TimeSpan serveFor = default)
        : this(time, lifetime, serveFor, new TicketBounds()) { }

    internal AccessTickets(TimeProvider time, TimeSpan lifetime, TimeSpan serveFor, TicketBounds bounds)
    {
        _time = time;
        _lifetime = lifetime;
        _serveFor = serveFor;
        _memory = lifetime > serveFor ? lifetime : serveFor;
        _tickets = new TicketTable(time, _memory, bounds, at => IsLive(at));
        _refusals = new Refusals(time, bounds.Refusals);
        _doubts = new Refusals(time, bounds.Refusals);
        _pushed = new PushedRefs(time, serveFor);
    }

    /// <summary>Credentials and repositories remembered, accepted or refused.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _tickets.Count + _refusals.Count + _doubts.Count;
            }
        }
    }

    /// <summary>What tickets and records hold in memory, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _tickets.Bytes;
            }
        }
    }

    /// <summary>When a question is sent, as <see cref="RecordRefs"/> and <see cref="Refuse"/> want it.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>Has <paramref name="tell"/> told of each listing that the primary showed somebody, before it counts.</summary>
    public void WhenShown(Action<RepositoryName, RefListing> tell) => _whenShown += tell;

    /// <summary>The primary accepted the credential and showed these refs.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">To whom.</param>
    /// <param name="listing">What.</param>
    /// <param name="askedAt">When the primary was asked: an answer may be as old as its question.</param>
    public void RecordRefs(RepositoryName repository, Credential credential, RefListing listing, long askedAt)
    {
        ArgumentNullException.ThrowIfNull(listing);
        _whenShown?.Invoke(repository, listing);
        if (_memory <= TimeSpan.Zero)
        {
            return;
        }

        ObjectId digest = TicketParts.DigestOf(listing);
        long bytes = TicketParts.BytesOf(listing);
        lock (_gate)
        {
            if (MayCount(repository, credential, askedAt))
            {
                _tickets.RecordRefs(repository, credential, listing, digest, bytes, askedAt);
            }
        }
    }

    /// <summary>The primary accepted the credential and told its v2 capabilities, which name no ref.</summary>
    public void Accept(RepositoryName repository, Credential credential, CapabilityAdvertisement capabilities, long askedAt)
    {
        ArgumentNullException.ThrowIfNull(capabilities);
        if (_memory <= TimeSpan.Zero)
        {
            return;
        }

        ObjectId digest = TicketParts.DigestOf(capabilities);
        lock (_gate)
        {
            if (MayCount(repository, credential, askedAt))
            {
                _tickets.Accept(repository, credential, capabilities, digest, askedAt);
            }
        }
    }

    /// <summary>The primary refused: the ticket is gone at once.</summary>
    public void Refuse(RepositoryName repository, Credential credential, long askedAt)
    {
        lock (_gate)
        {
            _refusals.Note(repository, credential, askedAt);
            _tickets.Remove(repository, credential);
        }
    }

    /// <summary>
    /// The primary refused something that says nothing of reading, as a push by somebody who may only read. What was answered until now is
    /// relied on no more where the primary can be asked; for an outage it stands.
    /// </summary>
    public void Doubt(RepositoryName repository, Credential credential, long askedAt)
    {
        lock (_gate)
        {
            _doubts.Note(repository, credential, askedAt);
        }
    }

    /// <summary>
    /// An answer of the primary's came to nothing, and nobody knows why: what it can do is asked again before it is told. For an outage it
    /// is kept.
    /// </summary>
    public void ExpireCapabilities(RepositoryName repository, Credential credential)
    {
        lock (_gate)
        {
            _tickets.ExpireCapabilities(repository, credential);
        }
    }

    /// <summary>What this credential may rely on now; null without a live ticket.</summary>
    public AccessView? Find(RepositoryName repository, Credential credential)
    {
        if (TicketOf(repository, credential, out long doubtedAt) is not { } ticket)
        {
            return null;
        }

        List<RefListing> live = ticket.Current(at => at > doubtedAt && IsLive(at));
        return live.Count > 0 || (ticket.AcceptedAt > doubtedAt && IsLive(ticket.AcceptedAt)) ? new AccessView(live) : null;
    }

    /// <summary>
    /// The v2 capability advertisement that this credential was lately given; null without a live one, or where the primary has told
    /// another one to somebody since.
    /// </summary>
    public CapabilityAdvertisement? FindCapabilities(RepositoryName repository, Credential credential) =>
        TicketOf(repository, credential, out long doubtedAt) is { AreCapabilitiesOutdated: false } ticket
        && ticket.AcceptedAt > doubtedAt
        && IsLive(ticket.AcceptedAt)
            ? ticket.Capabilities
            : null;

    /// <summary>
    /// What the primary last showed this credential within <c>Outage:ServeFor</c>, brought forward by the pushes that it acknowledged
    /// since; null where it accepted it no more. Only for a primary that does not answer.
    /// </summary>
    public RecordedAccess? FindRecorded(RepositoryName repository, Credential credential)
    {
        if (TicketOf(repository, credential, out _) is not { } ticket)
        {
            return null;
        }

        List<RecordedListing> recorded = [];
        foreach ((RefListing listing, long at) in ticket.Shown.Where(shown => IsRecorded(shown.At)))
        {
            if (_pushed.BringForward(repository, credential, listing, at) is { } current)
            {
                recorded.Add(new RecordedListing(current, _time.GetElapsedTime(at)));
            }
        }

        CapabilityAdvertisement? capabilities = IsRecorded(ticket.AcceptedAt) ? ticket.Capabilities : null;
        return recorded.Count > 0 || capabilities is not null ? new RecordedAccess(recorded, capabilities) : null;
    }

    /// <summary>Whether the primary accepted this credential within <c>Outage:ServeFor</c>, and has not refused it since.</summary>
    public bool Remembers(RepositoryName repository, Credential credential) =>
        TicketOf(repository, credential, out _) is { } ticket
        && (IsRecorded(ticket.AcceptedAt) || ticket.Shown.Any(shown => IsRecorded(shown.At)));

    /// <summary>Somebody was accepted for the repository lately, and nobody without a credential was.</summary>
    public bool AreOfUsersAlone(RepositoryName repository)
    {
        lock (_gate)
        {
            return _tickets.AreOfUsersAlone(repository);
        }
    }

    /// <summary>The primary acknowledged a push: in an outage, what is recorded is told as it is since then.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">Whose push it was: only to it is a ref shown that was not there before.</param>
    /// <param name="refs">What moved.</param>
    public void NotePush(RepositoryName repository, Credential credential, IReadOnlyList<PushedRef> refs)
    {
        ArgumentNullException.ThrowIfNull(refs);
        _pushed.Note(repository, credential, refs);
    }

    private bool IsLive(long? at) => at is { } since && _time.GetElapsedTime(since) < _lifetime;

    private bool IsRecorded(long? at) => at is { } since && _time.GetElapsedTime(since) < _serveFor;

    private bool MayCount(RepositoryName repository, Credential credential, long askedAt) =>
        _refusals.Allow(repository, credential, askedAt) && _time.GetElapsedTime(askedAt) < _memory;

    /// <param name="repository">Where.</param>
    /// <param name="credential">Whose.</param>
    /// <param name="doubtedAt">What was answered to a question until then counts for an outage alone.</param>
    private Ticket? TicketOf(RepositoryName repository, Credential credential, out long doubtedAt)
    {
        lock (_gate)
        {
            doubtedAt = _doubts.LastAt(repository, credential);
            return _tickets.Find(repository, credential);
        }
    }
}
