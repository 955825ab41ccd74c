using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access;

/// <summary>
/// The access tickets: which credential the primary lately accepted for which repository, and what it showed it. Each
/// listing expires by the question whose answer showed it and is never renewed by use. Any refusal ends all of it, also what was
/// answered before the refusal and is recorded after.
/// <para>
/// For outages what was shown is remembered longer, as a record: <see cref="FindRecorded"/>. Nothing that the primary can be asked
/// rests on it.
/// </para>
/// </summary>
/// <param name="time">Its timestamps are monotonic: a jump of the clock neither prolongs nor ends a ticket.</param>
/// <param name="lifetime">How long an answer holds; zero asks the primary on every request.</param>
/// <param name="serveFor">How long an answer is remembered for an outage; zero serves nobody in one.</param>
public sealed class AccessTickets(TimeProvider time, TimeSpan lifetime, TimeSpan serveFor = default)
{
    /// <summary>Guards memory against clients that invent credentials: the primary must have accepted each, but it may be public.</summary>
    private const int MaxTickets = 65_536;

    /// <summary>Guards memory against many large repositories that different credentials see differently: about 300 MiB.</summary>
    private const long MaxTips = 2_000_000;

    /// <summary>How long a refusal is remembered against answers that were on their way: longer than any may take.</summary>
    private static readonly TimeSpan s_refusalMemory = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(RepositoryName, Credential), Ticket> _tickets = new();
    private readonly RefListingPool _listings = new();
    private readonly PushedRefs _pushed = new(time, serveFor);
    private readonly TimeSpan _memory = lifetime > serveFor ? lifetime : serveFor;
    private long _changes;
    private long _forgottenAt = long.MinValue;
    private long _swept = time.GetTimestamp();

    /// <summary>Credentials and repositories remembered, accepted or refused.</summary>
    public int Count => _tickets.Count;

    /// <summary>When a question is sent, as <see cref="Show"/> and <see cref="Refuse"/> want it.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The primary accepted the credential and showed these refs.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">To whom.</param>
    /// <param name="listing">What.</param>
    /// <param name="askedAt">When the primary was asked: an answer may be as old as its question.</param>
    public void Show(RepositoryName repository, Credential credential, RefListing listing, long askedAt)
    {
        if (_memory > TimeSpan.Zero)
        {
            RefListing shared = _listings.Share(listing);
            Change(repository, credential, askedAt, ticket => ticket.With(shared, askedAt));
        }
    }

    /// <summary>The primary accepted the credential and told its v2 capabilities, which name no ref.</summary>
    public void Accept(RepositoryName repository, Credential credential, CapabilityAdvertisement capabilities, long askedAt) =>
        Change(repository, credential, askedAt, ticket => ticket with { Capabilities = capabilities, AcceptedAt = askedAt });

    /// <summary>The primary answered 401, 403 or 404: the ticket is gone at once.</summary>
    public void Refuse(RepositoryName repository, Credential credential, long askedAt)
    {
        Sweep();
        _tickets.AddOrUpdate(
            (repository, credential),
            static (_, at) => Ticket.Refused(at),
            static (_, ticket, at) => ticket.RefusedAt >= at ? ticket : Ticket.Refused(at),
            askedAt);
    }

    /// <summary>What this credential may rely on now; null without a live ticket.</summary>
    public AccessView? Find(RepositoryName repository, Credential credential)
    {
        if (!_tickets.TryGetValue((repository, credential), out Ticket? ticket))
        {
            return null;
        }

        List<RefListing> live = ticket.Current(at => IsLive(at));
        return live.Count > 0 || IsLive(ticket.AcceptedAt) ? new AccessView(live) : null;
    }

    /// <summary>The v2 capability advertisement that this credential was lately given; null without a live one.</summary>
    public CapabilityAdvertisement? FindCapabilities(RepositoryName repository, Credential credential) =>
        _tickets.TryGetValue((repository, credential), out Ticket? ticket) && IsLive(ticket.AcceptedAt) ? ticket.Capabilities : null;

    /// <summary>
    /// What the primary last showed this credential within <c>Outage:ServeFor</c>, brought forward by the pushes that it acknowledged
    /// since; null where it accepted it no more. Only for a primary that does not answer.
    /// </summary>
    public RecordedAccess? FindRecorded(RepositoryName repository, Credential credential)
    {
        if (!_tickets.TryGetValue((repository, credential), out Ticket? ticket))
        {
            return null;
        }

        List<RecordedListing> recorded = [];
        foreach ((RefListing listing, long at) in ticket.Shown.Where(shown => IsRecorded(shown.At)))
        {
            if (_pushed.BringForward(repository, credential, listing, at) is { } current)
            {
                recorded.Add(new RecordedListing(current, time.GetElapsedTime(at)));
            }
        }

        CapabilityAdvertisement? capabilities = IsRecorded(ticket.AcceptedAt) ? ticket.Capabilities : null;
        return recorded.Count > 0 || capabilities is not null ? new RecordedAccess(recorded, capabilities) : null;
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

    private bool IsLive(long? at) => at is { } since && time.GetElapsedTime(since) < lifetime;

    private bool IsRecorded(long? at) => at is { } since && time.GetElapsedTime(since) < serveFor;

    private bool IsRemembered(long at) => time.GetElapsedTime(at) < _memory;

    private void Change(RepositoryName repository, Credential credential, long askedAt, Func<Ticket, Ticket> change)
    {
        if (_memory <= TimeSpan.Zero)
        {
            return;
        }

        Sweep();
        if (askedAt <= Interlocked.Read(ref _forgottenAt))
        {
            return;
        }

        _tickets.AddOrUpdate(
            (repository, credential),
            _ => change(Ticket.Empty),
            (_, ticket) => ticket.RefusedAt >= askedAt ? ticket : change(ticket));
    }

    private void Sweep()
    {
        // Changes bound the count from above; counting itself takes every lock of the table.
        if (Interlocked.Increment(ref _changes) < MaxTickets && time.GetElapsedTime(Interlocked.Read(ref _swept)) < s_sweepEvery)
        {
            return;
        }

        Interlocked.Exchange(ref _swept, time.GetTimestamp());
        Keep(IsRemembered);
        Interlocked.Exchange(ref _changes, _tickets.Count);

        // Full: what is only recorded goes first, the oldest of it first.
        for (TimeSpan kept = _memory / 2; IsFull() && kept > lifetime; kept /= 2)
        {
            Keep(at => IsLive(at) || time.GetElapsedTime(at) < kept);
        }

        // Still full: forget all. A ticket spares a question, it is never needed; but with the refusals goes what they
        // warned of, so nothing that was answered until now is believed any more.
        if (IsFull())
        {
            Interlocked.Exchange(ref _forgottenAt, time.GetTimestamp());
            _tickets.Clear();
            Interlocked.Exchange(ref _changes, 0);
        }
    }

    private bool IsFull() => _tickets.Count >= MaxTickets || (_listings.CountTips() > MaxTips && CountHeldTips() > MaxTips);

    /// <summary>The tips that tickets hold now; the pool also counts what the collector has not taken yet.</summary>
    private long CountHeldTips()
    {
        var listings = new HashSet<RefListing>(ReferenceEqualityComparer.Instance);
        foreach ((_, Ticket ticket) in _tickets)
        {
            listings.UnionWith(ticket.Shown.Select(static shown => shown.Listing));
        }

        return listings.Sum(static listing => (long)listing.Tips.Count);
    }

    private void Keep(Func<long, bool> counts)
    {
        foreach (KeyValuePair<(RepositoryName, Credential), Ticket> entry in _tickets)
        {
            Ticket kept = entry.Value.Only(counts);
            bool accepted = kept.AcceptedAt is { } at && counts(at);
            bool warns = kept.RefusedAt is { } refused && time.GetElapsedTime(refused) < s_refusalMemory;
            if (kept.Shown.Count == 0 && !accepted && !warns)
            {
                _tickets.TryRemove(entry);
            }
            else if (kept != entry.Value)
            {
                _tickets.TryUpdate(entry.Key, kept, entry.Value);
            }
        }
    }
}
