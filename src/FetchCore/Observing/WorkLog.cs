using Microsoft.Extensions.Logging;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>What background work tells the log; ids 3000 to 3099.</summary>
internal static partial class WorkLog
{
    [LoggerMessage(3001, LogLevel.Warning, "{Repository}: {Kind} failed: {Reason}")]
    public static partial void WorkFailed(this ILogger logger, RepositoryName repository, string kind, string reason);

    [LoggerMessage(3002, LogLevel.Information, "{Repository}: synced {Wanted} objects wanted, {Bytes} pack bytes, {Elapsed}")]
    public static partial void Synced(this ILogger logger, RepositoryName repository, int wanted, long bytes, TimeSpan elapsed);

    [LoggerMessage(3003, LogLevel.Information, "{Repository}: refs of the mirror changed: {Set} set, {Removed} removed")]
    public static partial void RefsChanged(this ILogger logger, RepositoryName repository, int set, int removed);

    [LoggerMessage(3004, LogLevel.Information, "{Repository}: a sync was refused by the primary")]
    public static partial void SyncRefused(this ILogger logger, RepositoryName repository);

    [LoggerMessage(3005, LogLevel.Information, "{Repository}: a push of {Refs} refs went by: {Result}, {Elapsed}")]
    public static partial void PushSeen(this ILogger logger, RepositoryName repository, int refs, string result, TimeSpan elapsed);

    [LoggerMessage(3006, LogLevel.Information, "{Repository}: made an answer ahead, {Bytes} pack bytes")]
    public static partial void MadeAhead(this ILogger logger, RepositoryName repository, long bytes);

    [LoggerMessage(
        3007,
        LogLevel.Warning,
        "{Repository}: the primary says that it is shallow. The mirror and {Packs} kept packs are of more history, so they are removed"
    )]
    public static partial void HistoryLost(this ILogger logger, RepositoryName repository, int packs);

    [LoggerMessage(3008, LogLevel.Error, "{Repository}: what is kept of more history than the primary has cannot be removed")]
    public static partial void LostHistoryStuck(this ILogger logger, RepositoryName repository, Exception exception);
}
