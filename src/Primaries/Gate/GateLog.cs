using Waystation.CacheStore;

namespace Waystation.Primaries.Gate;

/// <summary>Log messages of the primaries' gates; ids 4000 to 4099.</summary>
internal static partial class GateLog
{
    [LoggerMessage(
        4000,
        LogLevel.Error,
        "{Primary}: an outage begins. A request failed: {Failure}. The node's own probe failed too: {Wrong}"
    )]
    public static partial void OutageBegan(this ILogger logger, string primary, string failure, string wrong);

    [LoggerMessage(4001, LogLevel.Warning, "{Primary}: the outage has ended")]
    public static partial void OutageEnded(this ILogger logger, string primary);

    [LoggerMessage(4002, LogLevel.Error, "{Repository}: an outage of this repository begins. The primary answers {Status} to {Who}")]
    public static partial void RepositoryOutageBegan(this ILogger logger, RepositoryName repository, int status, string who);

    [LoggerMessage(4003, LogLevel.Warning, "{Repository}: the outage of this repository has ended")]
    public static partial void RepositoryOutageEnded(this ILogger logger, RepositoryName repository);
}
