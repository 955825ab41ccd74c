using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.Relays;

/// <summary>What the socket of the relays tells the log; ids 3100 to 3199.</summary>
internal static partial class RelayLog
{
    [LoggerMessage(3101, LogLevel.Warning, "a program of user {User} came to the relays' socket and was turned away")]
    public static partial void StrangerTurnedAway(this ILogger logger, uint user);

    [LoggerMessage(3102, LogLevel.Warning, "a relay was not understood: {Reason}")]
    public static partial void RelayNotUnderstood(this ILogger logger, string reason);

    [LoggerMessage(3103, LogLevel.Error, "SSH session failed")]
    public static partial void SessionFailed(this ILogger logger, Exception cause);
}
