using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Dashboard.History;

/// <summary>The sums of the numbers of some minutes that follow one another.</summary>
/// <param name="From">The beginning of the first minute.</param>
/// <param name="To">The end of the last minute.</param>
/// <param name="Seen">The minutes among them in which the node ran.</param>
/// <param name="OutageMinutes">The minutes among them in which a primary did not answer.</param>
/// <param name="Numbers">The sums.</param>
internal sealed record HistoryPeriod(DateTimeOffset From, DateTimeOffset To, int Seen, int OutageMinutes, long[] Numbers)
{
    private static readonly FetchOutcome[] s_byNode = [FetchOutcome.Hit, FetchOutcome.Join, FetchOutcome.Local, FetchOutcome.Peer];

    /// <summary>All fetches.</summary>
    public long Fetches => Enum.GetValues<FetchOutcome>().Sum(Count);

    /// <summary>All downloads of LFS objects.</summary>
    public long LfsDownloads => Sum(HistoryMeasure.LfsDownloads, Enum.GetValues<FetchOutcome>());

    /// <summary>Fetches for which the primary made no pack.</summary>
    public long FetchesByNode => Sum(HistoryMeasure.Fetches, s_byNode);

    /// <summary>Bytes of packs and LFS objects that did not come from the primary for this client.</summary>
    public long BytesSaved => Sum(HistoryMeasure.FetchBytes, s_byNode) + Sum(HistoryMeasure.LfsBytes, s_byNode);

    /// <summary>Bytes of packs and LFS objects that the primary sent.</summary>
    public long BytesFromPrimary =>
        Sum(HistoryMeasure.FetchBytes, FetchOutcome.Forward) + Sum(HistoryMeasure.LfsBytes, FetchOutcome.Forward);

    /// <summary>Requests of the node to the primary.</summary>
    public long Upstream => Numbers[(int)HistoryMeasure.Upstream];

    /// <summary>The share of fetches for which the primary made no pack, from 0 to 1; null without a fetch.</summary>
    public double? HitRatio => Fetches == 0 ? null : (double)FetchesByNode / Fetches;

    /// <summary>The sum of periods that follow one another.</summary>
    public static HistoryPeriod Total(IReadOnlyList<HistoryPeriod> periods)
    {
        long[] sums = new long[HistorySlot.Places];
        foreach (HistoryPeriod period in periods)
        {
            for (int place = 0; place < sums.Length; place++)
            {
                sums[place] += period.Numbers[place];
            }
        }

        return new HistoryPeriod(
            periods[0].From,
            periods[^1].To,
            periods.Sum(static one => one.Seen),
            periods.Sum(static one => one.OutageMinutes),
            sums
        );
    }

    /// <summary>Fetches with this outcome.</summary>
    public long Count(FetchOutcome outcome) => Sum(HistoryMeasure.Fetches, outcome);

    private long Sum(HistoryMeasure first, params ReadOnlySpan<FetchOutcome> outcomes)
    {
        long sum = 0;
        foreach (FetchOutcome outcome in outcomes)
        {
            sum += Numbers[(int)first + (int)outcome];
        }

        return sum;
    }
}
