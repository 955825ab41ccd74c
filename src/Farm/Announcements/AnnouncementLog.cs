namespace Waystation.Farm.Announcements;

/// <summary>Log messages of announcements; ids 5020 to 5039.</summary>
internal static partial class AnnouncementLog
{
    [LoggerMessage(5020, LogLevel.Information, "Announcements of other nodes may have been missed, and tickets are asked again: {Reason}")]
    public static partial void AnnouncementsMissed(this ILogger logger, string reason);

    [LoggerMessage(5021, LogLevel.Error, "An announcement of kind {Kind} was not dealt with")]
    public static partial void HearingFailed(this ILogger logger, string kind, Exception exception);

    [LoggerMessage(5022, LogLevel.Warning, "The announcements in Redis cannot be read or written, although Redis answers")]
    public static partial void StreamRefused(this ILogger logger);
}
