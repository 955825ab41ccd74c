using System.Text;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// Finds out from the ssh program's messages how a channel ended. They are English in every locale. With messages of its own a peer can at
/// worst look like a primary that refuses.
/// </summary>
internal static class SshLog
{
    /// <summary>The exit code of the ssh program for its own failures; a remote command rarely has it.</summary>
    public const int OwnCode = 255;

    /// <summary>The last messages explain the end.</summary>
    private const int MaxLength = 8 << 10;

    /// <summary>Reads the end of a log; empty if there is none.</summary>
    public static async Task<string> ReadAsync(string path)
    {
        try
        {
            await using FileStream file = File.OpenRead(path);
            file.Seek(-Math.Min(MaxLength, file.Length), SeekOrigin.End);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return await reader.ReadToEndAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public static SshExit Explain(SshTarget target, int code, string log)
    {
        string[] lines = [.. log.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0)];
        bool loggedIn = Says("Authenticated to ");
        string words = string.Join('\n', lines.Where(static line => !line.StartsWith('@')));
        if (code != OwnCode && (loggedIn || code == 0))
        {
            return new SshExit(SshOutcome.Ended, code, "", words);
        }

        (SshOutcome outcome, string message) =
            Says("HOST IDENTIFICATION HAS CHANGED") || Says("REVOKED HOST KEY") || Says("Host certificate invalid")
                ? (
                    SshOutcome.HostKeyChanged,
                    $"the host key of {target.KnownAs} differs from the one in the node's known_hosts file; nothing was sent"
                )
            : Says("Host key verification failed")
                ? (
                    SshOutcome.HostKeyUnknown,
                    $"the host key of {target.KnownAs} is unknown to this node: the node's operator must add it to the known_hosts file"
                )
            : !loggedIn && (Says("Permission denied") || Says("Too many authentication failures") || Says("No more authentication methods"))
                ? (SshOutcome.LoginRefused, $"{target.Host} accepted none of the SSH keys offered to it")
            : !loggedIn ? (SshOutcome.Unreachable, $"no SSH connection to {target.Host}: {Reason()}")
            : Says("closed by")
            || Says("Connection reset")
            || Says("not responding")
            || Says("Broken pipe")
            || Says("disconnect")
            || code != OwnCode
                ? (SshOutcome.Lost, $"the SSH connection to {target.Host} ended early")
            : (SshOutcome.Ended, "");
        return new SshExit(outcome, OwnCode, message, words);

        bool Says(string text) => lines.Any(line => line.Contains(text, StringComparison.OrdinalIgnoreCase));

        // "ssh: connect to host git.example.com port 22: Connection refused": the text after the last colon is enough.
        string Reason() => lines.Length == 0 ? "the ssh program was ended" : lines[^1].Split(": ")[^1];
    }
}
