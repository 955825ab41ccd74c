using Microsoft.Extensions.Logging;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>Log messages of the store of LFS objects; ids 1400 to 1499.</summary>
internal static partial class LfsLog
{
    [LoggerMessage(1401, LogLevel.Debug, "LFS object {Object} stored, {Bytes} bytes, came in {Cost}")]
    public static partial void ObjectStored(this ILogger logger, LfsObjectId @object, long bytes, TimeSpan cost);

    [LoggerMessage(1402, LogLevel.Debug, "LFS object {Object} evicted, {Bytes} bytes")]
    public static partial void ObjectEvicted(this ILogger logger, LfsObjectId @object, long bytes);

    [LoggerMessage(1403, LogLevel.Error, "LFS object {Object} is damaged and was moved to the quarantine: {Reason}; check the disk")]
    public static partial void ObjectQuarantined(this ILogger logger, LfsObjectId @object, string reason);

    [LoggerMessage(
        1404,
        LogLevel.Warning,
        "the store of LFS objects cannot use the disk ({Reason}); objects are passed on without being kept"
    )]
    public static partial void ObjectRefused(this ILogger logger, string reason, Exception? cause);

    [LoggerMessage(1405, LogLevel.Information, "deleted the unfinished LFS object {File} of an earlier run")]
    public static partial void ObjectSwept(this ILogger logger, string file);

    [LoggerMessage(1406, LogLevel.Information, "{Repository}: LFS object {Object} did not come: {Reason}")]
    public static partial void ObjectNotFilled(this ILogger logger, RepositoryName repository, LfsObjectId @object, string reason);

    [LoggerMessage(
        1407,
        LogLevel.Error,
        "{Repository}: the source of LFS object {Object} gave something else, which was not kept: {Reason}"
    )]
    public static partial void ObjectRejected(this ILogger logger, RepositoryName repository, LfsObjectId @object, string reason);
}
