namespace Waystation.SshFrontend.Sshd;

/// <summary>
/// The keys by which clients know this node: those that the operator gives (the primary's own, after DNS redirection), or the node's own,
/// made once and kept in the data folder.
/// </summary>
internal static class HostKeys
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Private keys to give to sshd.</summary>
    /// <exception cref="SshSetupException">A given key cannot be used, or no key can be made.</exception>
    public static async Task<IReadOnlyList<string>> PrepareAsync(SshdOptions options, CancellationToken cancellationToken)
    {
        if (options.HostKeys.Count > 0)
        {
            foreach (string given in options.HostKeys)
            {
                await CheckAsync(given, cancellationToken);
            }

            return options.HostKeys;
        }

        List<string> own = [];
        foreach ((string type, string bits) in new[] { ("ed25519", "256"), ("ecdsa", "256"), ("rsa", "3072") })
        {
            string path = Path.Combine(options.Folder, $"host_{type}_key");
            if (!File.Exists(path))
            {
                await MakeAsync(path, type, bits, cancellationToken);
            }

            own.Add(path);
        }

        return own;
    }

    private static async Task MakeAsync(string path, string type, string bits, CancellationToken cancellationToken)
    {
        // Under another name first: a half-made key would stop every later start.
        string making = path + ".new";
        File.Delete(making);
        File.Delete(making + ".pub");
        ProgramResult made = await SmallProgram.RunAsync(
            "ssh-keygen",
            ["-q", "-t", type, "-b", bits, "-N", "", "-C", "waystation", "-f", making],
            cancellationToken
        );
        if (made.ExitCode != 0)
        {
            throw new SshSetupException($"ssh-keygen made no host key: {made.Error.Trim()}");
        }

        File.Move(making + ".pub", path + ".pub", overwrite: true);
        File.Move(making, path, overwrite: true);
    }

    /// <summary>Whether sshd would take a given key.</summary>
    /// <exception cref="SshSetupException">It would not.</exception>
    public static async Task CheckAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if ((File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            {
                throw new SshSetupException($"Ssh:HostKeys: {path} can be read by other accounts, and sshd refuses such a key (chmod 600)");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SshSetupException($"Ssh:HostKeys: {path} cannot be read: {e.Message}", e);
        }

        ProgramResult read = await SmallProgram.RunAsync("ssh-keygen", ["-y", "-P", "", "-f", path], cancellationToken);
        if (read.ExitCode != 0)
        {
            throw new SshSetupException($"Ssh:HostKeys: {path} is no private key, or has a passphrase: {read.Error.Trim()}");
        }
    }
}
