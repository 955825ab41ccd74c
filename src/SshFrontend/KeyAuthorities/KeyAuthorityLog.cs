using Microsoft.Extensions.Logging;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Log messages of key authorities; ids 3600 to 3699.</summary>
internal static partial class KeyAuthorityLog
{
    [LoggerMessage(3601, LogLevel.Warning, "the key authority {Program} wrote to standard error (exit code {Code}): {Words}")]
    public static partial void AuthoritySaid(this ILogger logger, string program, int code, string words);
}
