namespace Waystation.TestKit.Servers;

/// <summary>How a person's ssh is set up: keys or an agent, and the hosts that it knows. Nothing of the machine's own gets in.</summary>
public sealed record SshUser
{
    /// <summary>A known hosts file.</summary>
    public required string KnownHosts { get; init; }

    /// <summary>The agent; null for none.</summary>
    public SshAgent? Agent { get; init; }

    /// <summary>Whether the agent is forwarded.</summary>
    public bool ForwardsAgent { get; init; } = true;

    /// <summary>Key files that are offered; none leaves it to the agent.</summary>
    public IReadOnlyList<string> KeyFiles { get; init; } = [];

    /// <summary>Further options, such as <c>Ciphers=aes128-gcm@openssh.com</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The words after <c>ssh</c>, before the host.</summary>
    public IReadOnlyList<string> Arguments =>
        [
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=yes",
            "-o",
            $"UserKnownHostsFile={KnownHosts}",
            "-o",
            "GlobalKnownHostsFile=/dev/null",
            "-o",
            $"ForwardAgent={(ForwardsAgent && Agent is not null ? "yes" : "no")}",
            "-o",
            $"IdentityAgent={Agent?.Socket ?? "none"}",
            .. KeyFiles.Count > 0
                ? KeyFiles.SelectMany(static file => new[] { "-i", file }).Append("-o").Append("IdentitiesOnly=yes")
                : ["-o", "IdentityFile=none"],
            .. Options.SelectMany(static option => new[] { "-o", option }),
            // The first value of an option counts. The default is a hybrid with NTRU Prime, which takes most of the time of a login.
            "-o",
            "KexAlgorithms=curve25519-sha256",
        ];

    /// <summary>The variables by which git takes this ssh.</summary>
    public IReadOnlyDictionary<string, string> Variables =>
        new Dictionary<string, string> { ["GIT_SSH_COMMAND"] = $"ssh {string.Join(' ', Arguments)}", ["GIT_SSH_VARIANT"] = "ssh" };

    /// <summary>ssh itself with a command at a host.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="words">The command; none asks for a shell.</param>
    public Command Ssh(string server, params IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(server);
        string[] parts = server.Split(':');
        return new Command("ssh", [.. Arguments, "-T", "-p", parts[1], "-l", Environment.UserName, parts[0], .. words]);
    }
}
