using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The primary's answers to one credential for one repository. Times are monotonic timestamps.</summary>
internal sealed record Ticket
{
    /// <summary>Guards memory against a client that asks for ever new prefixes.</summary>
    private const int MaxListings = 16;

    public static Ticket Empty { get; } = new();

    /// <summary>
    /// Newest first. An older listing may still have the form that another question needs, of refs that a newer listing covers.
    /// </summary>
    public IReadOnlyList<(RefListing Listing, long At)> Shown { get; init; } = [];

    public CapabilityAdvertisement? Capabilities { get; init; }

    public long? AcceptedAt { get; init; }

    /// <summary>Whether the primary has sent others other capabilities since: then these are for an outage only.</summary>
    public bool AreCapabilitiesOutdated { get; init; }

    /// <summary>Whether it has nothing left.</summary>
    public bool IsEmpty => Shown.Count == 0 && AcceptedAt is null;

    public Ticket With(RefListing listing, long at)
    {
        if (Shown.Any(known => ReferenceEquals(known.Listing, listing) && known.At >= at))
        {
            return this;
        }

        var heeded = new Lazy<HeededPrefixes>(() => new HeededPrefixes(listing), LazyThreadSafetyMode.None);
        List<(RefListing Listing, long At)> shown =
        [
            (listing, at),
            .. Shown.Where(old => old.At > at || !(ReferenceEquals(old.Listing, listing) || listing.Supersedes(old.Listing, heeded.Value))),
        ];
        if (shown.Count > MaxListings)
        {
            // A client that asks for ever new names gets small listings: these go before listings with many refs.
            shown.Remove(shown.Skip(1).MinBy(static old => (old.Listing.IsComplete, old.Listing.Tips.Count, old.At)));
        }

        shown.Sort(static (a, b) => b.At.CompareTo(a.At));
        return this with { Shown = shown };
    }

    /// <summary>Adds capabilities. Listings of another object format belong to a repository that no longer exists.</summary>
    public Ticket With(CapabilityAdvertisement capabilities, long at) =>
        this with
        {
            Shown = [.. Shown.Where(shown => shown.Listing.Asked.ObjectFormat == capabilities.ObjectFormat)],
            Capabilities = capabilities,
            AcceptedAt = at,
            AreCapabilitiesOutdated = false,
        };

    /// <summary>Those listings of which no newer one speaks in full.</summary>
    public List<RefListing> Current(Func<long, bool> counts)
    {
        List<RefListing> current = [];
        foreach ((RefListing listing, long at) in Shown)
        {
            if (counts(at) && !current.Exists(newer => newer.Covers(listing)))
            {
                current.Add(listing);
            }
        }

        return current;
    }

    /// <summary>The ticket without the answers that no longer count; this one if all count.</summary>
    public Ticket Only(Func<long, bool> counts)
    {
        Ticket kept = Shown.All(shown => counts(shown.At)) ? this : this with { Shown = [.. Shown.Where(shown => counts(shown.At))] };
        return kept.AcceptedAt is { } at && !counts(at) ? kept with { AcceptedAt = null, Capabilities = null } : kept;
    }
}
