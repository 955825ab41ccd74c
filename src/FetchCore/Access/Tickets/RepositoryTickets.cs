using Waystation.CacheStore;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The tickets for one repository, and their size.</summary>
internal sealed class RepositoryTickets(RepositoryName name, ByteCount total)
{
    public RepositoryName Name => name;

    public Dictionary<Credential, TicketEntry> Entries { get; } = [];

    /// <summary>The oldest first.</summary>
    public LinkedList<TicketEntry> Newcomers { get; } = new();

    public SharedParts<RefListing> Listings { get; } = new(total);

    public SharedParts<CapabilityAdvertisement> Capabilities { get; } = new(total);

    public long Bytes => Listings.Bytes + Capabilities.Bytes;
}
