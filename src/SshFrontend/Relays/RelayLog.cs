using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.Relays;

/// <summary>What the socket of the relays tells the log; ids 3100 to 3199.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(
        3101,
        LogLevel.Warning,
        "a process of user {User} connected to the SSH relays' socket; the node refused it, because only its own account may connect"
    )]
    public static partial void StrangerTurnedAway(this ILogger logger, uint user);

    [LoggerMessage(3102, LogLevel.Warning, "the node cannot read a message of an SSH relay: {Reason}")]
    public static partial void RelayNotUnderstood(this ILogger logger, string reason);

    [LoggerMessage(3103, LogLevel.Error, "an SSH session failed in the node")]
    public static partial void SessionFailed(this ILogger logger, Exception cause);
}
