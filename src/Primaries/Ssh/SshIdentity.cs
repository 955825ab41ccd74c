using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Ssh;

/// <summary>The identity with which the node logs in at the primary.</summary>
public abstract record SshIdentity
{
    private SshIdentity() { }

    /// <summary>The user's own agent, forwarded to the node: the primary sees the user.</summary>
    /// <param name="Socket">The agent's Unix socket, an absolute path; it lives as long as the user's session.</param>
    /// <param name="Proven">The key by which the user logged in here: it is offered first, the agent's others after it.</param>
    public sealed record Agent(string Socket, SshPublicKey Proven) : SshIdentity;

    /// <summary>A private key file of the node, and no other key.</summary>
    /// <param name="Path">The file's absolute path; only the node can read it, and it has no passphrase.</param>
    public sealed record KeyFile(string Path) : SshIdentity;
}
