using Microsoft.Extensions.Logging;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Log messages of mirrors; ids 1200 to 1299.</summary>
internal static partial class MirrorLog
{
    [LoggerMessage(1201, LogLevel.Information, "{Repository}: mirror made, {Bytes} bytes")]
    public static partial void MirrorMade(this ILogger logger, RepositoryName repository, long bytes);

    [LoggerMessage(1202, LogLevel.Information, "{Repository}: mirror removed")]
    public static partial void MirrorRemoved(this ILogger logger, RepositoryName repository);

    [LoggerMessage(1203, LogLevel.Error, "{Repository}: the mirror is damaged and was given up, the next clone makes it again: {Reason}")]
    public static partial void MirrorQuarantined(this ILogger logger, RepositoryName repository, string reason);

    [LoggerMessage(1204, LogLevel.Information, "{Repository}: mirror evicted, {Bytes} bytes")]
    public static partial void MirrorEvicted(this ILogger logger, RepositoryName repository, long bytes);

    [LoggerMessage(1205, LogLevel.Warning, "the mirror in {Folder} cannot be read and was deleted: {Reason}")]
    public static partial void MirrorUnreadable(this ILogger logger, string folder, string reason);

    [LoggerMessage(1206, LogLevel.Information, "{Repository}: deleted the unfinished file {File} of the mirror")]
    public static partial void StaleFileSwept(this ILogger logger, RepositoryName repository, string file);

    [LoggerMessage(1207, LogLevel.Warning, "{Repository}: the mirror's folder cannot be moved away")]
    public static partial void MirrorStuck(this ILogger logger, RepositoryName repository, Exception cause);

    [LoggerMessage(1208, LogLevel.Information, "{Repository}: upkeep: {Work}, {Elapsed}")]
    public static partial void MirrorUpkept(this ILogger logger, RepositoryName repository, string work, TimeSpan elapsed);

    [LoggerMessage(1209, LogLevel.Warning, "{Repository}: upkeep failed, the mirror is unchanged and in use: {Reason}")]
    public static partial void MirrorUpkeepFailed(this ILogger logger, RepositoryName repository, string reason);

    [LoggerMessage(1211, LogLevel.Warning, "{Repository}: the mirror's file {File} is damaged; the node makes it again; check the disk")]
    public static partial void FileDamaged(this ILogger logger, RepositoryName repository, string file);

    [LoggerMessage(1212, LogLevel.Warning, "{Repository}: the mirror cannot be opened now, the request is served without it")]
    public static partial void MirrorNotOpened(this ILogger logger, RepositoryName repository, Exception cause);

    [LoggerMessage(
        1210,
        LogLevel.Information,
        "{Repository}: checked the mirror's files again: {Whole} are whole, {Damaged} are damaged and made again"
    )]
    public static partial void MirrorChecked(this ILogger logger, RepositoryName repository, int whole, int damaged);
}
