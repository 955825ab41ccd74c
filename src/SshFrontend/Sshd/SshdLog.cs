using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.Sshd;

/// <summary>Log messages of the supervision of sshd; ids 3300 to 3399.</summary>
internal static partial class SshdLog
{
    [LoggerMessage(3301, LogLevel.Debug, "sshd: {Line}")]
    public static partial void SshdSaid(this ILogger logger, string line);

    [LoggerMessage(3302, LogLevel.Warning, "sshd: {Line}")]
    public static partial void SshdComplained(this ILogger logger, string line);

    [LoggerMessage(3303, LogLevel.Error, "sshd ended with exit code {ExitCode}; the node starts it again in {Delay}: {Words}")]
    public static partial void SshdEnded(this ILogger logger, int exitCode, TimeSpan delay, string words);

    [LoggerMessage(3304, LogLevel.Information, "sshd listens again on {Address}")]
    public static partial void SshdRestarted(this ILogger logger, string address);
}
