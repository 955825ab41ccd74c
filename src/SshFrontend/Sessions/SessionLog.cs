using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Log messages of SSH sessions; ids 3200 to 3299.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(3204, LogLevel.Information, "{Path}: {Service} forwarded over SSH for {Client}, exit code {ExitCode}")]
    public static partial void ServiceForwarded(this ILogger logger, string service, string path, string client, int exitCode);

    [LoggerMessage(3205, LogLevel.Warning, "{Command} over SSH for {Client} failed: {Reason}")]
    public static partial void SessionEndedBadly(this ILogger logger, string command, string client, string reason);

    [LoggerMessage(3206, LogLevel.Warning, "the node refuses the SSH key {Fingerprint}, because the key authority failed: {Reason}")]
    public static partial void AuthorityFailed(this ILogger logger, string fingerprint, string reason);

    [LoggerMessage(
        3207,
        LogLevel.Error,
        "a session to the primary came back to this node, from {Client}: the primary's SSH address leads here; set Primaries:0:Address"
    )]
    public static partial void SessionLoops(this ILogger logger, string client);
}
