using Microsoft.Extensions.Logging;

namespace Waystation.CacheStore.Git;

/// <summary>Log messages of git; ids 1100 to 1199.</summary>
internal static partial class GitLog
{
    [LoggerMessage(1101, LogLevel.Debug, "{Command}: {Line}")]
    public static partial void GitSaid(this ILogger logger, GitCommand command, string line);
}
