using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What SSH sessions tell the log; ids 3200 to 3299. Times are in milliseconds.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(
        3201,
        LogLevel.Information,
        "{Repository}: {Outcome} over SSH for {Credential}, {Bytes} bytes; access {Access:0.0} open {Open:0.0} send {Send:0.0}"
    )]
    public static partial void FetchServed(
        this ILogger logger,
        RepositoryName repository,
        FetchOutcome outcome,
        Credential credential,
        long bytes,
        double access,
        double open,
        double send
    );

    [LoggerMessage(3202, LogLevel.Information, "{Repository}: Bypass ({Reason}) over SSH for {Credential}")]
    public static partial void FetchBypassed(this ILogger logger, RepositoryName repository, ForwardReason reason, Credential credential);

    [LoggerMessage(3203, LogLevel.Warning, "{Repository}: an answer broke off after {Bytes} bytes: {Reason}")]
    public static partial void FetchBrokeOff(this ILogger logger, RepositoryName repository, long bytes, string reason);

    [LoggerMessage(3204, LogLevel.Information, "{Service} {Path} forwarded over SSH for {Client}, exit code {ExitCode}")]
    public static partial void ServiceForwarded(this ILogger logger, string service, string path, string client, int exitCode);

    [LoggerMessage(3205, LogLevel.Warning, "{Command} for {Client}: {Reason}")]
    public static partial void SessionEndedBadly(this ILogger logger, string command, string client, string reason);

    [LoggerMessage(3206, LogLevel.Warning, "the key authority gave no answer about {Fingerprint}, so the key is refused: {Reason}")]
    public static partial void AuthorityFailed(this ILogger logger, string fingerprint, string reason);
}
