namespace Waystation.FetchCore.Observing;

/// <summary>A fetch began or ended.</summary>
/// <param name="Id"><see cref="LiveFetch.Id"/>; 0 for a fetch that ended before its request was read.</param>
/// <param name="Begun">The fetch that began; null if one ended.</param>
/// <param name="Ended">The record of the fetch that ended; null if one began.</param>
public sealed record LiveEvent(long Id, LiveFetch? Begun, FetchRecord? Ended);
