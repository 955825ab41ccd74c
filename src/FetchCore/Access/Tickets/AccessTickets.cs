using Waystation.CacheStore;
using Waystation.FetchCore.Access.Recording;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// The access tickets. A ticket says that the primary lately accepted a credential for a repository, and which refs it showed to it. A
/// listing expires a fixed time after its question, and use never renews it. A refusal ends the whole ticket. Answers to questions that
/// were sent before the refusal came do not count, even if they come after it.
/// <para>
/// For outages listings are remembered longer, as a record: <see cref="FindRecorded"/>. The record is never used while the primary can be
/// asked.
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
    private readonly Refusals _lfsRefusals;
    private readonly PushedRefs _pushed;
    private readonly TimeSpan _memory;
    private readonly ITicketExchange? _exchange;
    private Action<RepositoryName, RefListing>? _whenShown;
    private Action<RefusalScope>? _whenRefused;
    private Action<RepositoryName, Credential>? _whenAccepted;
    private Action<RepositoryName>? _whenLoginDemanded;

    /// <summary>Tickets with the usual bounds.</summary>
    /// <param name="time">The clock. Its timestamps are monotonic: a jump of the wall clock neither prolongs nor ends a ticket.</param>
    /// <param name="lifetime">How long an answer counts; zero asks the primary on every request.</param>
    /// <param name="serveFor">How long an answer is remembered for an outage; zero serves no client in one.</param>
    /// <param name="exchange">The other nodes of the farm; null for a node that is alone.</param>
    public AccessTickets(TimeProvider time, TimeSpan lifetime, TimeSpan serveFor = default, ITicketExchange? exchange = null)
        : this(time, lifetime, serveFor, new TicketBounds(), exchange) { }

    internal AccessTickets(TimeProvider time, TimeSpan lifetime, TimeSpan serveFor, TicketBounds bounds, ITicketExchange? exchange = null)
    {
        _exchange = exchange;
        _time = time;
        _lifetime = lifetime;
        _serveFor = serveFor;
        _memory = lifetime > serveFor ? lifetime : serveFor;
        _tickets = new TicketTable(time, _memory, bounds, at => IsLive(at));
        _refusals = new Refusals(time, bounds.Refusals);
        _doubts = new Refusals(time, bounds.Refusals);
        _lfsRefusals = new Refusals(time, bounds.Refusals);
        _pushed = new PushedRefs(time, serveFor);
    }

    /// <summary>Credentials and repositories remembered, accepted or refused.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _tickets.Count + _refusals.Count + _doubts.Count + _lfsRefusals.Count;
            }
        }
    }

    /// <summary>The approximate bytes that tickets and records hold in memory.</summary>
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

    /// <summary>The time of a question that is sent now, as <see cref="RecordRefs"/> and <see cref="Accept"/> take it.</summary>
    public long Now => _time.GetTimestamp();

    /// <summary>Calls <paramref name="tell"/> for each listing of the primary, before the listing counts.</summary>
    public void WhenShown(Action<RepositoryName, RefListing> tell) => _whenShown += tell;

    /// <summary>Calls <paramref name="tell"/> after each refusal of reading, here or at another node, once it counts.</summary>
    public void WhenRefused(Action<RefusalScope> tell) => _whenRefused += tell;

    /// <summary>
    /// Calls <paramref name="tell"/> for each answer by which the primary accepted a credential, here or at another node.
    /// </summary>
    public void WhenAccepted(Action<RepositoryName, Credential> tell) => _whenAccepted += tell;

    /// <summary>Calls <paramref name="tell"/> for each repository for which the primary demands a login.</summary>
    public void WhenLoginDemanded(Action<RepositoryName> tell) => _whenLoginDemanded += tell;

    /// <summary>The primary answered a client without a login that it must log in.</summary>
    public void NoteLoginDemanded(RepositoryName repository) => _whenLoginDemanded?.Invoke(repository);

    /// <summary>Whether the answer to a question of that time counts: the primary has refused the credential at no later time.</summary>
    public bool Allows(RepositoryName repository, Credential credential, long askedAt)
    {
        lock (_gate)
        {
            return _refusals.Allow(repository, credential, askedAt);
        }
    }

    /// <summary>Whether the answer to a question about LFS of that time counts.</summary>
    public bool AllowsLfs(RepositoryName repository, Credential credential, long askedAt)
    {
        lock (_gate)
        {
            return _refusals.Allow(repository, credential, askedAt) && _lfsRefusals.Allow(repository, credential, askedAt);
        }
    }

    /// <summary>The time since a question of that time.</summary>
    public TimeSpan ElapsedSince(long askedAt) => _time.GetElapsedTime(askedAt);

    /// <summary>The time of a question that is older than that time by an age.</summary>
    public long TimeBefore(long at, TimeSpan age) => at - (long)(age.TotalSeconds * _time.TimestampFrequency);

    /// <summary>The largest listing of a repository that any ticket has; null without one. It is for sharing memory and says nothing about
    /// a credential.</summary>
    internal RefTipList? LargestListing(RepositoryName repository)
    {
        lock (_gate)
        {
            return _tickets.LargestListing(repository)?.Packed;
        }
    }

    /// <summary>The primary accepted the credential and showed these refs.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asked.</param>
    /// <param name="listing">The refs.</param>
    /// <param name="askedAt">The time of the question (<see cref="Now"/>), because an answer may be as old as its question.</param>
    public void RecordRefs(RepositoryName repository, Credential credential, RefListing listing, long askedAt)
    {
        ArgumentNullException.ThrowIfNull(listing);
        _whenShown?.Invoke(repository, listing);
        _whenAccepted?.Invoke(repository, credential);
        if (_memory <= TimeSpan.Zero)
        {
            return;
        }

        listing = listing.ToKept();
        ObjectId digest = TicketParts.DigestOf(listing);
        long bytes = TicketParts.BytesOf(listing);
        lock (_gate)
        {
            if (!MayCount(repository, credential, askedAt))
            {
                return;
            }

            _tickets.RecordRefs(repository, credential, listing, digest, bytes, askedAt);
        }

        _exchange?.Share(
            repository,
            credential,
            new ExchangedAnswer.Listing(listing, _time.GetElapsedTime(askedAt)) { Digest = digest },
            () => MayShare(repository, credential, askedAt)
        );
    }

    /// <summary>The primary accepted the credential and sent its v2 capabilities, which name no ref.</summary>
    public void Accept(RepositoryName repository, Credential credential, CapabilityAdvertisement capabilities, long askedAt)
    {
        ArgumentNullException.ThrowIfNull(capabilities);
        _whenAccepted?.Invoke(repository, credential);
        if (_memory <= TimeSpan.Zero)
        {
            return;
        }

        ObjectId digest = TicketParts.DigestOf(capabilities);
        lock (_gate)
        {
            if (!MayCount(repository, credential, askedAt))
            {
                return;
            }

            _tickets.Accept(repository, credential, capabilities, digest, askedAt);
        }

        _exchange?.Share(
            repository,
            credential,
            new ExchangedAnswer.Capabilities(capabilities, _time.GetElapsedTime(askedAt)) { Digest = digest },
            () => MayShare(repository, credential, askedAt)
        );
    }

    /// <summary>
    /// The primary refused: the ticket ends at once. An acceptance may be as old as its question, and a refusal as new as its arrival. So
    /// no answer to a question that was sent before this moment counts any more.
    /// </summary>
    public void Refuse(RepositoryName repository, Credential credential)
    {
        // First: an answer of another node that is on its way here must meet the one refusal or the other.
        _exchange?.Tell(repository, credential, RefusalKind.Reading);
        End(new RefusalScope.One(repository, credential), RefusalKind.Reading);
    }

    /// <summary>
    /// The primary refused something other than reading, such as a push without the right to push. The ticket ends; the record for an
    /// outage stays.
    /// </summary>
    public void Doubt(RepositoryName repository, Credential credential)
    {
        _exchange?.Tell(repository, credential, RefusalKind.Doubt);
        End(new RefusalScope.One(repository, credential), RefusalKind.Doubt);
    }

    /// <summary>Ends tickets because another node was refused, or may have been. No node is told.</summary>
    public void End(RefusalScope scope, RefusalKind kind)
    {
        ArgumentNullException.ThrowIfNull(scope);
        lock (_gate)
        {
            if (kind == RefusalKind.Reading)
            {
                _refusals.Note(scope);
                _tickets.Remove(scope);
            }
            else
            {
                (kind == RefusalKind.Doubt ? _doubts : _lfsRefusals).Note(scope);
            }
        }

        if (kind != RefusalKind.Doubt)
        {
            _whenRefused?.Invoke(scope);
        }
    }

    /// <summary>Forgets every ticket and record for a repository; the primary is asked again. No node is told.</summary>
    public void Forget(RepositoryName repository)
    {
        End(new RefusalScope.Many(repository, IsAnonymous: false), RefusalKind.Reading);
        End(new RefusalScope.Many(repository, IsAnonymous: true), RefusalKind.Reading);
    }

    /// <summary>The primary refused LFS. The ticket ends, and so do the permissions for LFS objects, at all nodes.</summary>
    public void RefuseLfs(RepositoryName repository, Credential credential)
    {
        _exchange?.Tell(repository, credential, RefusalKind.Lfs);
        End(new RefusalScope.One(repository, credential), RefusalKind.Lfs);
        Doubt(repository, credential);
    }

    /// <summary>Asks the other nodes for what the primary showed to this credential through them.</summary>
    /// <returns>Whether there is anything that this node may not have had. Always false for a node that is alone.</returns>
    public async ValueTask<bool> RecallAsync(
        RepositoryName repository,
        Credential credential,
        AnswerKinds kinds,
        CancellationToken cancellationToken
    )
    {
        if (_exchange is null || _memory <= TimeSpan.Zero)
        {
            return false;
        }

        // Ages count from here: no answer may look newer than a refusal that is heard while it is on its way.
        long recalledAt = Now;
        IReadOnlyList<ExchangedAnswer> answers = await _exchange.RecallAsync(repository, credential, kinds, cancellationToken);
        foreach (ExchangedAnswer answer in answers)
        {
            _whenAccepted?.Invoke(repository, credential);
            TakeIn(repository, credential, answer, recalledAt);
        }

        return answers.Count > 0;
    }

    /// <summary>
    /// A response of the primary failed for an unknown reason. The node asks for the capabilities again before it shows them. The record
    /// for an outage stays.
    /// </summary>
    public void ExpireCapabilities(RepositoryName repository, Credential credential)
    {
        lock (_gate)
        {
            _tickets.ExpireCapabilities(repository, credential);
        }
    }

    /// <summary>The listings that this credential may rely on now; null without a live ticket.</summary>
    public AccessView? Find(RepositoryName repository, Credential credential)
    {
        if (!IsHearing || TicketOf(repository, credential, out long doubtedAt) is not { } ticket)
        {
            return null;
        }

        List<RefListing> live = ticket.Current(at => at > doubtedAt && IsLive(at));
        return live.Count > 0 || (ticket.AcceptedAt > doubtedAt && IsLive(ticket.AcceptedAt)) ? new AccessView(live) : null;
    }

    /// <summary>
    /// The v2 capability advertisement that this credential got lately; null without a live one, or if the primary has sent another one to
    /// any client since.
    /// </summary>
    public CapabilityAdvertisement? FindCapabilities(RepositoryName repository, Credential credential) =>
        IsHearing
        && TicketOf(repository, credential, out long doubtedAt) is { AreCapabilitiesOutdated: false } ticket
        && ticket.AcceptedAt > doubtedAt
        && IsLive(ticket.AcceptedAt)
            ? ticket.Capabilities
            : null;

    /// <summary>
    /// The capabilities of <see cref="FindCapabilities"/>; if this node has none, those that another node of the farm got.
    /// </summary>
    public async ValueTask<CapabilityAdvertisement?> FindCapabilitiesAsync(
        RepositoryName repository,
        Credential credential,
        CancellationToken cancellationToken
    ) =>
        FindCapabilities(repository, credential) is { } known ? known
        : await RecallAsync(repository, credential, AnswerKinds.Capabilities, cancellationToken) ? FindCapabilities(repository, credential)
        : null;

    /// <summary>
    /// The listings that this credential last saw within <c>Outage:ServeFor</c>, corrected by later pushes; null if the primary refused it
    /// since. Use it only for a primary that does not answer.
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

    /// <summary>Whether the primary lately accepted credentials for the repository, and no anonymous one.</summary>
    public bool AreOfUsersAlone(RepositoryName repository)
    {
        lock (_gate)
        {
            return _tickets.AreOfUsersAlone(repository);
        }
    }

    /// <summary>The primary acknowledged a push, which corrects the records for an outage.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential of the push: new refs are shown to it only.</param>
    /// <param name="refs">The moved refs.</param>
    public void NotePush(RepositoryName repository, Credential credential, IReadOnlyList<PushedRef> refs)
    {
        ArgumentNullException.ThrowIfNull(refs);
        _pushed.Note(repository, credential, refs);
        _exchange?.TellPush(repository, credential, refs);
    }

    /// <summary>The primary acknowledged a push through another node.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential of the push; null if this node cannot compare it with its own.</param>
    /// <param name="refs">The moved refs; null if too many moved. Then no earlier record counts.</param>
    public void HearPush(RepositoryName repository, Credential? credential, IReadOnlyList<PushedRef>? refs)
    {
        if (refs is null)
        {
            _pushed.NoteUnknown(repository);
        }
        else
        {
            // Nobody has the credential without parts and without a digest.
            _pushed.Note(repository, credential ?? default, refs);
        }
    }

    private bool IsHearing => _exchange?.IsHearing ?? true;

    private bool MayShare(RepositoryName repository, Credential credential, long askedAt)
    {
        lock (_gate)
        {
            return MayCount(repository, credential, askedAt) && askedAt > _doubts.LastAt(repository, credential);
        }
    }

    private void TakeIn(RepositoryName repository, Credential credential, ExchangedAnswer answer, long recalledAt)
    {
        long askedAt = TimeBefore(recalledAt, answer.Age);
        if (answer.IsForOutage)
        {
            askedAt = Math.Min(askedAt, TimeBefore(recalledAt, _lifetime));
        }

        lock (_gate)
        {
            if (!MayCount(repository, credential, askedAt))
            {
                return;
            }

            switch (answer)
            {
                case ExchangedAnswer.Listing { Refs: var shared }:
                    RefListing refs = shared.ToKept();
                    _tickets.RecordRefs(repository, credential, refs, TicketParts.DigestOf(refs), TicketParts.BytesOf(refs), askedAt);
                    break;
                case ExchangedAnswer.Capabilities { Advertisement: var shown }:
                    _tickets.Accept(repository, credential, shown, TicketParts.DigestOf(shown), askedAt);
                    break;
            }
        }
    }

    private bool IsLive(long? at) => at is { } since && _time.GetElapsedTime(since) < _lifetime;

    private bool IsRecorded(long? at) => at is { } since && _time.GetElapsedTime(since) < _serveFor;

    private bool MayCount(RepositoryName repository, Credential credential, long askedAt) =>
        _refusals.Allow(repository, credential, askedAt) && _time.GetElapsedTime(askedAt) < _memory;

    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential.</param>
    /// <param name="doubtedAt">Answers to questions until this time count for an outage only.</param>
    private Ticket? TicketOf(RepositoryName repository, Credential credential, out long doubtedAt)
    {
        lock (_gate)
        {
            doubtedAt = _doubts.LastAt(repository, credential);
            return _tickets.Find(repository, credential);
        }
    }
}
