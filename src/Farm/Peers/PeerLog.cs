namespace Waystation.Farm.Peers;

/// <summary>Log messages about other nodes; ids 6100 to 6199.</summary>
internal static partial class PeerLog
{
    [LoggerMessage(6101, LogLevel.Warning, "node {Name} did not answer ({Operation}: {Reason}); it is not asked for {Seconds} s")]
    public static partial void PeerFailed(this ILogger logger, string name, string operation, string reason, double seconds);

    [LoggerMessage(6102, LogLevel.Warning, "a request to the farm's endpoint from {Address} was refused: {Reason}")]
    public static partial void StrangerRefused(this ILogger logger, string address, string reason);
}
