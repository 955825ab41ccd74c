using Microsoft.Extensions.Logging;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>Log messages of fetches; ids 2000 to 2003. Times are in milliseconds.</summary>
internal static partial class FetchLog
{
    /// <summary>The line of one fetch; a warning if its response broke off.</summary>
    public static void FetchEnded(this ILogger logger, FetchRecord record)
    {
        bool isBroken = record is { End: FetchEnd.Broken or FetchEnd.ErrorTold };
        LogLevel level = isBroken ? LogLevel.Warning : LogLevel.Information;
        if (logger.IsEnabled(level))
        {
            logger.FetchEnded(
                level,
                record.Repository,
                OutcomeOf(record),
                record.Door,
                record.Address is null ? record.Credential : $"{record.Credential} at {record.Address}",
                record.Bytes,
                record.Trouble is null ? $"{record.End}" : $"{record.End} ({record.Trouble.TrimEnd()})",
                record.Times.Parse.TotalMilliseconds,
                record.Times.Access.TotalMilliseconds,
                record.Times.Turn.TotalMilliseconds,
                record.Times.FirstByte.TotalMilliseconds,
                record.Times.Send.TotalMilliseconds,
                record.Times.Total.TotalMilliseconds
            );
        }
    }

    private static string OutcomeOf(FetchRecord record) =>
        (record.Reason?.ToWord() ?? record.Refusal?.ToWord()) is { } reason
            ? $"{record.Outcome?.ToString() ?? "Unserved"} ({reason})"
            : record.Outcome?.ToString() ?? "Unserved";

    [LoggerMessage(
        EventId = 2001,
        Message = "{Repository}: {Outcome} over {Door} for {Client}, {Bytes} bytes, {End}; "
            + "parse {Parse:0.0} access {Access:0.0} turn {Turn:0.0} first {First:0.0} send {Send:0.0} total {Total:0.0}"
    )]
    private static partial void FetchEnded(
        this ILogger logger,
        LogLevel level,
        RepositoryName repository,
        string outcome,
        string door,
        string client,
        long bytes,
        string end,
        double parse,
        double access,
        double turn,
        double first,
        double send,
        double total
    );
}
