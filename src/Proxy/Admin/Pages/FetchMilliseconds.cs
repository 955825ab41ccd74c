using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>How long each phase of a fetch took, in milliseconds (<see cref="FetchTimes"/>).</summary>
/// <param name="Parse">Until the request was read and parsed.</param>
/// <param name="Access">Until it was known which objects the credential may have.</param>
/// <param name="Turn">The wait until the node could make one more pack.</param>
/// <param name="FirstByte">From there until the first byte of the pack.</param>
/// <param name="Send">From the first byte to the end.</param>
/// <param name="Total">All of it.</param>
internal sealed record FetchMilliseconds(double Parse, double Access, double Turn, double FirstByte, double Send, double Total)
{
    public static FetchMilliseconds Of(FetchTimes times) =>
        new(Round(times.Parse), Round(times.Access), Round(times.Turn), Round(times.FirstByte), Round(times.Send), Round(times.Total));

    /// <summary>Milliseconds with one digit after the point.</summary>
    public static double Round(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
