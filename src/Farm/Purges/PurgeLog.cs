using Microsoft.Extensions.Logging;
using Waystation.CacheStore;

namespace Waystation.Farm.Purges;

/// <summary>Log messages of purges in a farm; ids 5080 to 5089.</summary>
internal static partial class PurgeLog
{
    [LoggerMessage(5080, LogLevel.Information, "{Repository}: removed from this node, because it was purged at another one")]
    public static partial void PurgedElsewhere(this ILogger logger, RepositoryName repository);

    [LoggerMessage(
        5081,
        LogLevel.Warning,
        "{Repository}: was purged at another node, and this one could not remove all of it; it tries again"
    )]
    public static partial void PurgeFailed(this ILogger logger, RepositoryName repository, Exception reason);
}
