namespace Waystation.FetchCore.Access.Recording;

/// <summary>A listing as it is remembered for an outage.</summary>
/// <param name="Listing">What was shown, brought forward by pushes since.</param>
/// <param name="Age">How long ago.</param>
public sealed record RecordedListing(RefListing Listing, TimeSpan Age);
