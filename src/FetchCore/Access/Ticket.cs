using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access;

/// <summary>What the primary said of one credential for one repository. Times are monotonic timestamps.</summary>
internal sealed record Ticket
{
    /// <summary>Guards memory against a client that asks for ever new prefixes.</summary>
    private const int MaxListings = 16;

    public static Ticket Empty { get; } = new();

    /// <summary>Newest first. Of what a newer listing covers, an older one may still tell the form that another question is answered in.</summary>
    public IReadOnlyList<(RefListing Listing, long At)> Shown { get; init; } = [];

    public CapabilityAdvertisement? Capabilities { get; init; }

    public long? AcceptedAt { get; init; }

    public long? RefusedAt { get; init; }

    public static Ticket Refused(long at) => new() { RefusedAt = at };

    public Ticket With(RefListing listing, long at)
    {
        List<(RefListing Listing, long At)> shown = [(listing, at), .. Shown.Where(old => old.At > at || !listing.Supersedes(old.Listing))];
        shown.Sort(static (a, b) => b.At.CompareTo(a.At));
        return this with { Shown = shown.Count <= MaxListings ? shown : shown[..MaxListings] };
    }

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

    /// <summary>Without the listings that count no more; this one where all do.</summary>
    public Ticket Only(Func<long, bool> counts) =>
        Shown.All(shown => counts(shown.At)) ? this : this with { Shown = [.. Shown.Where(shown => counts(shown.At))] };
}
