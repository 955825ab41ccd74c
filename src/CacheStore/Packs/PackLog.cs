using Microsoft.Extensions.Logging;

namespace Waystation.CacheStore.Packs;

/// <summary>What the pack cache tells the log; ids 1000 to 1099.</summary>
internal static partial class PackLog
{
    [LoggerMessage(1001, LogLevel.Information, "{Repository}: stored {Key}, {Bytes} bytes, made in {Cost}")]
    public static partial void AnswerStored(this ILogger logger, RepositoryName repository, PackKey key, long bytes, TimeSpan cost);

    [LoggerMessage(1002, LogLevel.Information, "evicted {Key}, {Bytes} bytes")]
    public static partial void AnswerEvicted(this ILogger logger, string key, long bytes);

    [LoggerMessage(1003, LogLevel.Error, "quarantined {Key}: {Reason}")]
    public static partial void AnswerQuarantined(this ILogger logger, PackKey key, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "the pack cache is passed by: {Reason}")]
    public static partial void DiskRefused(this ILogger logger, string reason, Exception? cause);

    [LoggerMessage(1005, LogLevel.Information, "swept {File}, which was never finished")]
    public static partial void UnfinishedSwept(this ILogger logger, string file);

    [LoggerMessage(1006, LogLevel.Information, "{Repository}: the making of {Key} ended: {Reason}")]
    public static partial void FillEnded(this ILogger logger, RepositoryName repository, PackKey key, string reason);
}
