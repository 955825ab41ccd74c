namespace Waystation.Proxy.Dashboard.Charts;

/// <summary>One period of a chart.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
/// <param name="IsSeen">Whether the node ran in it.</param>
public sealed record ChartPeriod(DateTimeOffset From, DateTimeOffset To, bool IsSeen);
