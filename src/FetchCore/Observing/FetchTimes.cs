using System.Runtime.InteropServices;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// How long each phase of a fetch took. The phases follow one another and add up to the total.
/// <code>
///   parse ─► access ─► turn ─► first byte ─► send
/// </code>
/// </summary>
/// <param name="Parse">Until the request was read and parsed.</param>
/// <param name="Access">Until it was known which objects the credential may have.</param>
/// <param name="Turn">The wait until the node could make one more pack. Only the fetch that makes the pack waits; others join it.</param>
/// <param name="FirstByte">From there until the first byte of the pack was written to the client.</param>
/// <param name="Send">From the first byte to the end. Zero if the client got none.</param>
/// <param name="Total">From the beginning to the end.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FetchTimes(TimeSpan Parse, TimeSpan Access, TimeSpan Turn, TimeSpan FirstByte, TimeSpan Send, TimeSpan Total);
