namespace Waystation.SshFrontend.Sshd;

/// <summary>The command by which sshd starts the relay: with env, which also tells the ordinary runtime its folder.</summary>
internal static class RelayCommand
{
    private const string Env = "/usr/bin/env";

    /// <summary>The words of the command, without the key's type and blob at the end.</summary>
    /// <param name="options">The paths of relay and socket.</param>
    /// <param name="role"><c>keys</c> or <c>session</c>.</param>
    public static IReadOnlyList<string> Of(SshdOptions options, string role)
    {
        // sshd clears the environment. A relay that is compiled ahead of time does not need it.
        IEnumerable<string> runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root
            ? [$"DOTNET_ROOT={root}"]
            : [];
        return [Env, .. runtime, options.Relay, role, Path.Combine(options.Folder, SshdConfigWriter.SocketName)];
    }

    /// <summary>
    /// The line of authorized_keys for one login (sshd(8), AUTHORIZED_KEYS FILE FORMAT). The account's shell splits the command, so each
    /// word is quoted. Only key type and blob come from the client, and they have no character that a shell acts on.
    /// </summary>
    /// <param name="options">The paths of relay and socket.</param>
    /// <param name="allowed">The key, or the CA's key, of the line: type and base64.</param>
    /// <param name="shown">The key or certificate of the client: type and base64.</param>
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
