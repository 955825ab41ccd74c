using Waystation.Primaries.Ssh;
using Waystation.Proxy.Doctor.Looks;

namespace Waystation.Proxy.Setup;

/// <summary>The host keys that an SSH server shows now, and how a person compares them.</summary>
/// <param name="KnownHosts">The lines of a known_hosts file.</param>
/// <param name="Fingerprints">The fingerprints, a line each.</param>
internal sealed record HostKeyScan(string KnownHosts, string Fingerprints)
{
    /// <summary>Asks the server; null if it shows no key.</summary>
    public static async Task<HostKeyScan?> AskAsync(SshTarget target, string folder, CancellationToken cancellationToken)
    {
        string host = target.ConnectHost ?? target.Host;
        int port = target.ConnectPort ?? target.Port;
        ProgramLook? scan = await ProgramLook.RunAsync("ssh-keyscan", ["-T", "5", "-p", $"{port}", host], cancellationToken);
        string[] keys =
        [
            .. (scan?.Output ?? "")
                .Split('\n')
                .Where(static line => line.Length > 0 && line[0] != '#')
                .Select(static line => line.Split(' ', 2))
                .Where(static words => words.Length == 2)
                .Select(words => $"{target.KnownAs} {words[1]}"),
        ];
        if (keys.Length == 0)
        {
            return null;
        }

        string known = string.Join('\n', keys) + "\n";
        string file = Path.Combine(folder, Path.GetRandomFileName());
        try
        {
            await File.WriteAllTextAsync(file, known, cancellationToken);
            ProgramLook? prints = await ProgramLook.RunAsync("ssh-keygen", ["-l", "-f", file], cancellationToken);
            return new HostKeyScan(known, prints?.Output.TrimEnd() ?? "");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
