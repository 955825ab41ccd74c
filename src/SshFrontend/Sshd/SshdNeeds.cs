namespace Waystation.SshFrontend.Sshd;

/// <summary>What the SSH front end needs on its machine.</summary>
public static class SshdNeeds
{
    /// <summary>The folders of Debian and others; an ordinary user's PATH often lacks these.</summary>
    private static readonly string[] s_places = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd"];

    /// <summary>
    /// The sshd to start, if all is there: sshd, the relay, an account that sshd lets in, and host keys that can be used.
    /// </summary>
    /// <param name="relay">The relay, an absolute path.</param>
    /// <param name="hostKeys">The operator's private host keys; empty if the node makes its own.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="SshSetupException">Something is missing; the message says how to mend it.</exception>
    public static async Task<string> RequireAsync(string relay, IReadOnlyList<string> hostKeys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hostKeys);
        string program = FindProgram(relay);
        await LoginAccount.FindAsync(cancellationToken);
        foreach (string key in hostKeys)
        {
            await HostKeys.CheckAsync(key, cancellationToken);
        }

        return program;
    }

    /// <summary>The sshd of this machine, if the relay is there as well.</summary>
    /// <exception cref="SshSetupException">One of them is missing.</exception>
    internal static string FindProgram(string relay)
    {
        string program =
            Array.Find(s_places, File.Exists)
            ?? throw new SshSetupException("sshd is missing: install the Debian package openssh-server (its own service need not run)");
        return File.Exists(relay) ? program : throw new SshSetupException($"{relay} is missing: ./waystation builds it beside the program");
    }
}
