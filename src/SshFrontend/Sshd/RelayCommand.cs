namespace Waystation.SshFrontend.Sshd;

/// <summary>How sshd starts the relay: through env, which also tells the ordinary runtime where it is.</summary>
internal static class RelayCommand
{
    private const string Env = "/usr/bin/env";

    /// <summary>The words of the command, but for the key's type and blob that follow.</summary>
    /// <param name="options">Where relay and socket are.</param>
    /// <param name="role"><c>keys</c> or <c>session</c>.</param>
    public static IReadOnlyList<string> Of(SshdOptions options, string role)
    {
        // sshd clears the environment; a relay compiled ahead of time does not care.
        IEnumerable<string> runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root
            ? [$"DOTNET_ROOT={root}"]
            : [];
        return [Env, .. runtime, options.Relay, role, Path.Combine(options.Folder, SshdConfigWriter.SocketName)];
    }

    /// <summary>
    /// The line of authorized_keys for one login (sshd(8), AUTHORIZED_KEYS FILE FORMAT). The account's shell splits the command, so
    /// each word is quoted; no word is the client's but key type and blob, which hold no character that a shell knows.
    /// </summary>
    /// <param name="options">Where relay and socket are.</param>
    /// <param name="allowed">The key, or the CA's key, that the line is about: type and base64.</param>
    /// <param name="shown">The key or certificate that the client showed: type and base64.</param>
    /// <param name="restrictions">Options put first, such as those of a CA; empty for a plain key.</param>
    public static string LineFor(SshdOptions options, string allowed, string shown, string restrictions = "")
    {
        string command = "exec " + string.Join(' ', Of(options, "session").Select(InShell)) + " " + shown;
        string escaped = command.Replace("\"", "\\\"", StringComparison.Ordinal);
        string agent = options.AgentForwarding ? "agent-forwarding," : "";
        return $"{restrictions}restrict,{agent}command=\"{escaped}\" {allowed}\n";
    }

    private static string InShell(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
