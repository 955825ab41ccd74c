namespace Waystation.Primaries.Ssh.UploadPack;

/// <summary>What connections to the primary tell the log; ids 3500 to 3599.</summary>
internal static partial class SshPrimaryLog
{
    [LoggerMessage(3501, LogLevel.Warning, "SSH to {Host}: {Outcome}: {Words}")]
    public static partial void ChannelFailed(this ILogger logger, string host, SshOutcome outcome, string words);
}
