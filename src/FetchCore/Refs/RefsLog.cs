using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Refs;

/// <summary>Log messages of the core of refs; ids 1300 to 1399.</summary>
internal static partial class RefsLog
{
    [LoggerMessage(
        1300,
        LogLevel.Warning,
        "{Repository}: served refs as of {Age} ago to {Credential}, because the primary cannot be reached"
    )]
    public static partial void RefsRecorded(this ILogger logger, RepositoryName repository, TimeSpan age, Credential credential);
}
