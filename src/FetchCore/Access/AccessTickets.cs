using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access;

/// <summary>
/// The access tickets: which credential the primary lately accepted for which repository, and what it showed it. Each
/// listing expires by the answer that showed it and is never renewed by use. Any refusal ends all of it, also what was
/// answered before the refusal and is recorded after.
/// </summary>
/// <param name="time">Its timestamps are monotonic: a jump of the clock neither prolongs nor ends a ticket.</param>
/// <param name="lifetime">How long an answer holds; zero asks the primary on every request.</param>
public sealed class AccessTickets(TimeProvider time, TimeSpan lifetime)
{
    /// <summary>Guards memory against clients that invent credentials: the primary must have accepted each, but it may be public.</summary>
    private const int MaxTickets = 65_536;

    /// <summary>Guards memory against a client that asks for ever new prefixes.</summary>
    private const int MaxListings = 16;

    /// <summary>Guards memory against many large repositories that different credentials see differently: about 300 MiB.</summary>
    private const long MaxTips = 2_000_000;

    /// <summary>How long a refusal is remembered against answers that were on their way: longer than any may take.</summary>
    private static readonly TimeSpan s_refusalMemory = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(RepositoryName, Credential), Ticket> _tickets = new();
    private readonly RefListingPool _listings = new();
    private long _changes;
    private long _forgottenAt = long.MinValue;
    private long _swept = time.GetTimestamp();

    /// <summary>Credentials and repositories remembered, accepted or refused.</summary>
    public int Count => _tickets.Count;

    /// <summary>When an answer began to arrive, as <see cref="Show"/> and <see cref="Refuse"/> want it.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The primary accepted the credential and showed these refs.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">To whom.</param>
    /// <param name="listing">What.</param>
    /// <param name="answeredAt">When the answer began to arrive.</param>
    public void Show(RepositoryName repository, Credential credential, RefListing listing, long answeredAt)
    {
        if (lifetime > TimeSpan.Zero)
        {
            RefListing shared = _listings.Share(listing);
            Change(repository, credential, answeredAt, ticket => ticket.With(shared, answeredAt));
        }
    }

    /// <summary>The primary accepted the credential and told its v2 capabilities, which name no ref.</summary>
    public void Accept(RepositoryName repository, Credential credential, CapabilityAdvertisement capabilities, long answeredAt) =>
        Change(repository, credential, answeredAt, ticket => ticket with { Capabilities = capabilities, AcceptedAt = answeredAt });

    /// <summary>The primary answered 401, 403 or 404: the ticket is gone at once.</summary>
    public void Refuse(RepositoryName repository, Credential credential, long answeredAt)
    {
        Sweep();
        _tickets.AddOrUpdate(
            (repository, credential),
            static (_, at) => Ticket.Refused(at),
            static (_, ticket, at) => ticket.RefusedAt >= at ? ticket : Ticket.Refused(at),
            answeredAt);
    }

    /// <summary>What this credential may rely on now; null without a live ticket.</summary>
    public AccessView? Find(RepositoryName repository, Credential credential)
    {
        if (!_tickets.TryGetValue((repository, credential), out Ticket? ticket))
        {
            return null;
        }

        List<RefListing> live = [];
        foreach ((RefListing listing, long at) in ticket.Shown)
        {
            if (IsLive(at))
            {
                live.Add(listing);
            }
        }

        return live.Count > 0 || IsLive(ticket.AcceptedAt) ? new AccessView(live) : null;
    }

    /// <summary>The v2 capability advertisement that this credential was lately given; null without a live one.</summary>
    public CapabilityAdvertisement? FindCapabilities(RepositoryName repository, Credential credential) =>
        _tickets.TryGetValue((repository, credential), out Ticket? ticket) && IsLive(ticket.AcceptedAt) ? ticket.Capabilities : null;

    private bool IsLive(long? at) => at is { } since && time.GetElapsedTime(since) < lifetime;

    private void Change(RepositoryName repository, Credential credential, long answeredAt, Func<Ticket, Ticket> change)
    {
        if (lifetime <= TimeSpan.Zero)
        {
            return;
        }

        Sweep();
        if (answeredAt <= Interlocked.Read(ref _forgottenAt))
        {
            return;
        }

        _tickets.AddOrUpdate(
            (repository, credential),
            _ => change(Ticket.Empty),
            (_, ticket) => ticket.RefusedAt >= answeredAt ? ticket : change(ticket));
    }

    private void Sweep()
    {
        // Changes bound the count from above; counting itself takes every lock of the table.
        if (Interlocked.Increment(ref _changes) < MaxTickets && time.GetElapsedTime(Interlocked.Read(ref _swept)) < s_sweepEvery)
        {
            return;
        }

        Interlocked.Exchange(ref _swept, time.GetTimestamp());
        foreach (KeyValuePair<(RepositoryName, Credential), Ticket> entry in _tickets)
        {
            Ticket ticket = entry.Value;
            bool live = IsLive(ticket.AcceptedAt) || ticket.Shown.Any(shown => IsLive(shown.At));
            bool warns = ticket.RefusedAt is { } refused && time.GetElapsedTime(refused) < s_refusalMemory;
            if (!live && !warns)
            {
                _tickets.TryRemove(entry);
            }
        }

        Interlocked.Exchange(ref _changes, _tickets.Count);

        // Still full: forget all. A ticket spares a question, it is never needed; but with the refusals goes what they
        // warned of, so nothing that was answered until now is believed any more.
        if (_tickets.Count >= MaxTickets || _listings.CountTips() > MaxTips)
        {
            Interlocked.Exchange(ref _forgottenAt, time.GetTimestamp());
            _tickets.Clear();
            Interlocked.Exchange(ref _changes, 0);
        }
    }

    private sealed record Ticket
    {
        public static Ticket Empty { get; } = new();

        /// <summary>Newest first.</summary>
        public IReadOnlyList<(RefListing Listing, long At)> Shown { get; init; } = [];

        public CapabilityAdvertisement? Capabilities { get; init; }

        public long? AcceptedAt { get; init; }

        public long? RefusedAt { get; init; }

        public static Ticket Refused(long at) => new() { RefusedAt = at };

        public Ticket With(RefListing listing, long at)
        {
            List<(RefListing Listing, long At)> shown = [(listing, at), .. Shown.Where(old => old.At > at || !Replaces(listing, old.Listing))];
            shown.Sort(static (a, b) => b.At.CompareTo(a.At));
            return this with { Shown = shown.Count <= MaxListings ? shown : shown[..MaxListings] };
        }

        /// <summary>Whether all that the old listing speaks of is spoken of by the new one.</summary>
        private static bool Replaces(RefListing listing, RefListing old) =>
            listing.IsComplete
            || (!old.IsComplete && old.Asked.RefPrefixes.All(prefix =>
                listing.Asked.RefPrefixes.Any(wider => prefix.StartsWith(wider, StringComparison.Ordinal))));
    }
}
