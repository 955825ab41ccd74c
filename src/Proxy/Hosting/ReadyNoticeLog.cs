namespace Waystation.Proxy.Hosting;

/// <summary>Log messages of the notice to the service manager; ids 2230 to 2239.</summary>
internal static partial class ReadyNoticeLog
{
    [LoggerMessage(2230, LogLevel.Warning, "the service manager at {Address} could not be told that the node is ready: {Reason}")]
    public static partial void ReadyNoticeLost(this ILogger logger, string address, string reason);
}
