using System.Security.Cryptography;
using Waystation.FetchCore.Access;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.Primaries.Ssh;

/// <summary>The credential with which the primary is asked over SSH.</summary>
/// <param name="identity">The user's agent, or a key file of the node.</param>
/// <param name="digester">Makes credentials.</param>
public sealed class SshLogin(SshIdentity identity, CredentialDigester digester)
{
    /// <summary>The credential of the key that the client proved to the node, or of the key file.</summary>
    public Credential Credential => CredentialOf(Name);

    /// <summary>Whether the primary accepted the key of <see cref="Credential"/>.</summary>
    public bool IsOf(SshPublicKey? accepted) => identity is not SshIdentity.Agent agent || agent.Proven.Equals(accepted);

    /// <summary>
    /// The credential of a connection at which the primary accepted a key. If that is another key than the proven one, the credential is
    /// unique, so that no other session counts as this user.
    /// </summary>
    public Credential At(SshPublicKey? accepted) =>
        IsOf(accepted) ? Credential : CredentialOf(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));

    private string Name =>
        identity switch
        {
            SshIdentity.Agent agent => agent.Proven.ToString(),
            SshIdentity.KeyFile file => file.Path,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private Credential CredentialOf(string name) =>
        digester.Digest([new(identity is SshIdentity.Agent ? "ssh key" : "ssh key file", name)]);
}
