using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>An answer of the primary, as nodes give it to each other.</summary>
/// <param name="Age">The time since its question.</param>
public abstract record ExchangedAnswer(TimeSpan Age)
{
    /// <summary>Equal only for equal answers; known to the node that got it from the primary.</summary>
    public ObjectId Digest { get; init; }

    /// <summary>Whether it counts in an outage only.</summary>
    public bool IsForOutage { get; init; }

    /// <summary>The v2 capability advertisement.</summary>
    /// <param name="Advertisement">The advertisement.</param>
    /// <param name="Age">The time since its question.</param>
    public sealed record Capabilities(CapabilityAdvertisement Advertisement, TimeSpan Age) : ExchangedAnswer(Age);

    /// <summary>A listing of refs.</summary>
    /// <param name="Refs">The listing.</param>
    /// <param name="Age">The time since its question.</param>
    public sealed record Listing(RefListing Refs, TimeSpan Age) : ExchangedAnswer(Age);
}
