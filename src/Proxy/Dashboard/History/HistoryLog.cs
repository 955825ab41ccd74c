namespace Waystation.Proxy.Dashboard.History;

/// <summary>Log messages of the dashboard's history; ids 2300 to 2309.</summary>
internal static partial class HistoryLog
{
    [LoggerMessage(2300, LogLevel.Warning, "the dashboard's history is in memory only, because the disk refuses it: {Reason}")]
    public static partial void HistoryNotWritten(this ILogger logger, string reason);
}
