namespace Waystation.Proxy.Dashboard.Charts;

/// <summary>The span of the charts.</summary>
/// <param name="Word">Its word in a query.</param>
/// <param name="Name">Its name after "the last".</param>
/// <param name="Count">Periods.</param>
/// <param name="Minutes">Minutes of each period.</param>
internal sealed record ChartSpan(string Word, string Name, int Count, int Minutes)
{
    /// <summary>The spans, the longest last.</summary>
    public static IReadOnlyList<ChartSpan> All { get; } =
    [new("hour", "hour", 60, 1), new("6h", "6 hours", 72, 5), new("day", "24 hours", 96, 15)];

    /// <summary>The span of a word; a day if there is no such.</summary>
    public static ChartSpan Of(string word) => All.FirstOrDefault(span => span.Word == word) ?? All[^1];
}
