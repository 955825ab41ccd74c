namespace Waystation.FetchCore.Access.Recording;

/// <summary>A listing as it is recorded for an outage.</summary>
/// <param name="Listing">The listing, corrected by later pushes.</param>
/// <param name="Age">The time since the primary showed it.</param>
public sealed record RecordedListing(RefListing Listing, TimeSpan Age);
