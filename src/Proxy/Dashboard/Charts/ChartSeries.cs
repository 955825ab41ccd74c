namespace Waystation.Proxy.Dashboard.Charts;

/// <summary>One kind of thing in a chart of bars.</summary>
/// <param name="Name">Its name in the legend and in the table.</param>
/// <param name="Style">Its class: colour and hatching.</param>
/// <param name="Values">Its number in each period.</param>
public sealed record ChartSeries(string Name, string Style, IReadOnlyList<long> Values);
