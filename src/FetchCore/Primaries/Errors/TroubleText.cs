using System.Globalization;

namespace Waystation.FetchCore.Primaries.Errors;

/// <summary>How it is said at every door that a request is not answered now, and when to come again.</summary>
public static class TroubleText
{
    /// <summary>What became of a request that the primary did not answer.</summary>
    /// <param name="primary">Its name.</param>
    /// <param name="failure">What failed.</param>
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
        $"waystation: too many packs are being made here; try again in {Seconds(retryAfter)} s";

    /// <summary>Whole seconds, rounded up: who came earlier would be turned away again.</summary>
    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
