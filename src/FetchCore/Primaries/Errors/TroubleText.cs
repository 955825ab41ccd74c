using System.Globalization;

namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>The texts of both front ends for a request that is not answered now, and for the time to come again.</summary>
public static class TroubleText
{
    /// <summary>The text for a request that the primary did not answer.</summary>
    /// <param name="primary">The primary's name.</param>
    /// <param name="failure">The failure.</param>
    public static string Of(string primary, Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure switch
        {
            PrimaryBusyException busy =>
                $"waystation: {primary} cannot be asked now: {busy.Message}; try again in {Seconds(busy.RetryAfter)} s",
            PrimaryOutageException => $"waystation: {primary} cannot be reached: {failure.Message}",
            _ => $"waystation: {primary} could not be asked: {failure.Message}",
        };
    }

    /// <summary>The node itself has too much to do.</summary>
    public static string OfBusyNode(TimeSpan retryAfter) =>
        $"waystation: too many packs are being made on this node; try again in {Seconds(retryAfter)} s";

    /// <summary>Whole seconds, rounded up, because a client that comes earlier is refused again.</summary>
    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
