using Microsoft.Extensions.Logging;

namespace Waystation.CacheStore.Packs;

/// <summary>Log messages of the pack cache; ids 1000 to 1099.</summary>
internal static partial class PackLog
{
    [LoggerMessage(1001, LogLevel.Information, "{Repository}: stored {Key}, {Bytes} bytes, made in {Cost}")]
    public static partial void AnswerStored(this ILogger logger, RepositoryName repository, PackKey key, long bytes, TimeSpan cost);

    [LoggerMessage(1002, LogLevel.Information, "pack {Key} evicted from the cache, {Bytes} bytes")]
    public static partial void AnswerEvicted(this ILogger logger, string key, long bytes);

    [LoggerMessage(1003, LogLevel.Error, "pack {Key} is damaged and was moved to the quarantine: {Reason}; check the disk")]
    public static partial void AnswerQuarantined(this ILogger logger, PackKey key, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "the pack cache cannot write to the disk ({Reason}); clients are served without the cache")]
    public static partial void DiskRefused(this ILogger logger, string reason, Exception? cause);

    [LoggerMessage(1005, LogLevel.Information, "deleted the unfinished file {File} of an earlier run")]
    public static partial void UnfinishedSwept(this ILogger logger, string file);

    [LoggerMessage(1006, LogLevel.Information, "{Repository}: the pack {Key} was not finished: {Reason}")]
    public static partial void FillEnded(this ILogger logger, RepositoryName repository, PackKey key, string reason);
}
