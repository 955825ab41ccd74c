using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Relays;

namespace Waystation.SshFrontend.Identities;

/// <summary>The name in which, and the way by which, the primary is asked for a session.</summary>
internal abstract record SessionIdentity
{
    private SessionIdentity() { }

    /// <summary>Over SSH.</summary>
    public sealed record OverSsh(SshOrigin Origin, SshIdentity Identity) : SessionIdentity;

    /// <summary>Over HTTP.</summary>
    public sealed record OverHttp(HttpLogin Login) : SessionIdentity;

    /// <summary>No identity: the session ends.</summary>
    public sealed record Nobody(SessionEnd End) : SessionIdentity;

    /// <summary>Finds the identity of a session.</summary>
    /// <exception cref="KeyAuthorityException">The key authority gave no usable answer, or the credential cannot be read.</exception>
    public static async Task<SessionIdentity> FindAsync(
        SshSessionOptions options,
        KeyResolver keys,
        SshPublicKey key,
        RelaySession session,
        CancellationToken cancellationToken
    )
    {
        switch (await keys.FindCredentialAsync(key, cancellationToken))
        {
            case PrimaryCredential.HttpUser user:
                return new OverHttp(new HttpLogin(user.Username, await user.ReadPasswordAsync(cancellationToken)));
            case PrimaryCredential.SshKey file when options.Origin is { } target:
                return new OverSsh(target, new SshIdentity.KeyFile(file.Path));
            case PrimaryCredential.SshKey:
                return Refused("the key authority names an SSH key, but this node does not know the primary's SSH (Primaries:0:SshUrl)");
        }

        return !options.TakesAgents
                ? Refused("this node lets nobody in: its operator must set up a key authority (Ssh:KeyAuthority) or agents (Ssh:Agent)")
            : options.Origin is not { } primary
                ? Refused("this node does not know the primary's SSH: its operator has to set Primaries:0:SshUrl")
            : session.AgentSocket is not { } agent
                ? Refused(
                    "no SSH agent is forwarded: set ForwardAgent yes for this host in ~/.ssh/config "
                        + "and add your key to the agent (ssh-add), "
                        + "or ask the operator of this node for a key authority"
                )
            : new OverSsh(primary, new SshIdentity.Agent(agent, key));
    }

    private static Nobody Refused(string line) => new(SessionEnd.Refusing(line));
}
