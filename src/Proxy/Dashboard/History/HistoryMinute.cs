namespace Waystation.Proxy.Dashboard.History;

/// <summary>One minute of the history.</summary>
/// <param name="Minute">The minute, counted from 1970.</param>
/// <param name="Numbers">Its numbers (<see cref="HistoryMeasure"/>).</param>
internal sealed record HistoryMinute(long Minute, long[] Numbers);
