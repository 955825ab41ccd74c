namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>Log messages of SSH connections to the primary; ids 3500 to 3599.</summary>
internal static partial class SshPrimaryLog
{
    [LoggerMessage(3501, LogLevel.Warning, "SSH to {Host} failed ({Outcome}): {Words}")]
    public static partial void ChannelFailed(this ILogger logger, string host, SshOutcome outcome, string words);
}
