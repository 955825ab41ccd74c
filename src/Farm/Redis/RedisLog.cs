namespace Waystation.Farm.Redis;

/// <summary>Log messages of the connection to Redis; ids 5000 to 5019.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(5000, LogLevel.Information, "Redis answers: {Configuration}")]
    public static partial void RedisAnswers(this ILogger logger, string configuration);

    [LoggerMessage(5001, LogLevel.Warning, "Redis is away, and this node goes on alone: {Trouble}")]
    public static partial void RedisAway(this ILogger logger, string trouble);

    [LoggerMessage(5002, LogLevel.Information, "Redis is back after {Away}")]
    public static partial void RedisBack(this ILogger logger, TimeSpan away);
}
