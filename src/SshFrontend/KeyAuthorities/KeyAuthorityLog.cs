using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>What key authorities tell the log; ids 3600 to 3699.</summary>
internal static partial class KeyAuthorityLog
{
    [LoggerMessage(3601, LogLevel.Warning, "Key authority {Program}, exit code {Code}, says: {Words}")]
    public static partial void AuthoritySaid(this ILogger logger, string program, int code, string words);
}
