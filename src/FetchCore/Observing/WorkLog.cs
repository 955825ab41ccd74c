using Microsoft.Extensions.Logging;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>Log messages of background work; ids 3000 to 3099.</summary>
internal static partial class WorkLog
{
    [LoggerMessage(3001, LogLevel.Warning, "{Repository}: {Kind} failed: {Reason}")]
    public static partial void WorkFailed(this ILogger logger, RepositoryName repository, string kind, string reason);

    [LoggerMessage(3002, LogLevel.Information, "{Repository}: synced {Wanted} objects wanted, {Bytes} pack bytes, {Elapsed}")]
    public static partial void Synced(this ILogger logger, RepositoryName repository, int wanted, long bytes, TimeSpan elapsed);

    [LoggerMessage(3003, LogLevel.Information, "{Repository}: refs of the mirror changed: {Set} set, {Removed} removed")]
    public static partial void RefsChanged(this ILogger logger, RepositoryName repository, int set, int removed);

    [LoggerMessage(3004, LogLevel.Information, "{Repository}: the primary refused a sync with this credential")]
    public static partial void SyncRefused(this ILogger logger, RepositoryName repository);

    [LoggerMessage(3005, LogLevel.Information, "{Repository}: a push of {Refs} refs passed through: {Result}, {Elapsed}")]
    public static partial void PushSeen(this ILogger logger, RepositoryName repository, int refs, string result, TimeSpan elapsed);

    [LoggerMessage(3006, LogLevel.Information, "{Repository}: made a pack ahead of the next clone, {Bytes} pack bytes")]
    public static partial void MadeAhead(this ILogger logger, RepositoryName repository, long bytes);

    [LoggerMessage(
        3007,
        LogLevel.Warning,
        "{Repository}: the repository is shallow at the primary now; the mirror and {Packs} kept packs have more history and were removed"
    )]
    public static partial void HistoryLost(this ILogger logger, RepositoryName repository, int packs);

    [LoggerMessage(
        3008,
        LogLevel.Error,
        "{Repository}: the repository is shallow at the primary now, but the mirror or the kept packs cannot be removed"
    )]
    public static partial void LostHistoryStuck(this ILogger logger, RepositoryName repository, Exception exception);
}
