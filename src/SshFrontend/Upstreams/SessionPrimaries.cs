using System.Diagnostics;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.SshFrontend.Identities;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>The primary, in the name of the user of a session: over SSH or over HTTP, as the identity of the session says.</summary>
/// <param name="primary">The primary.</param>
/// <param name="client">Starts the ssh program.</param>
/// <param name="http">Opens repositories of the primary over HTTP.</param>
/// <param name="refs">The core of refs.</param>
/// <param name="tickets">The tickets of the core.</param>
/// <param name="digester">Makes credentials.</param>
/// <param name="meters">The counters.</param>
public sealed class SessionPrimaries(
    Primary primary,
    SshClient client,
    HttpRepositories http,
    RefsService refs,
    AccessTickets tickets,
    CredentialDigester digester,
    FetchMeters meters
)
{
    /// <summary>The primary.</summary>
    internal Primary Primary => primary;

    /// <summary>Starts the ssh program.</summary>
    internal SshClient Client => client;

    /// <summary>The tickets of the core.</summary>
    internal AccessTickets Tickets => tickets;

    /// <summary>The counters.</summary>
    internal FetchMeters Meters => meters;

    /// <summary>The credential with which the primary is asked over SSH.</summary>
    internal SshLogin LoginOf(SessionIdentity.OverSsh identity) => new(identity.Identity, digester);

    /// <summary>The upload-pack of a repository, not asked yet; null if the identity asks over HTTP and HTTP has no such path.</summary>
    /// <param name="identity">The identity of the session.</param>
    /// <param name="path">The path over SSH.</param>
    /// <param name="version">The protocol version that the client speaks.</param>
    internal IUpstream? UploadPack(SessionIdentity identity, string path, int version)
    {
        RepositoryName repository = primary.NameOverSsh(path);
        return identity switch
        {
            SessionIdentity.OverSsh ssh => new SshUpstream(client, ssh, path, repository, version, refs, tickets, digester, meters),
            SessionIdentity.OverHttp login => primary.HttpPathOverSsh(path) is { } target
                ? new HttpUpstream(http.Open(primary.Http, repository, target, login.Login), repository, version, refs, tickets)
                : null,
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>The repository over HTTP; null if HTTP has no such path.</summary>
    /// <param name="identity">The identity of the session.</param>
    /// <param name="path">The path over SSH.</param>
    internal HttpRepository? Repository(SessionIdentity.OverHttp identity, string path) =>
        primary.HttpPathOverSsh(path) is { } target ? http.Open(primary.Http, primary.NameOverSsh(path), target, identity.Login) : null;

    /// <summary>The primary in the name of a pusher; null if the primary did not accept the key that was proven to the node.</summary>
    /// <param name="identity">The identity of the session.</param>
    /// <param name="path">The path over SSH.</param>
    /// <param name="channel">The push under way.</param>
    internal (Credential Credential, IPrimary Primary)? Pusher(SessionIdentity.OverSsh identity, string path, SshChannel channel)
    {
        SshLogin login = LoginOf(identity);
        if (!login.IsOf(channel.AcceptedKey))
        {
            return null;
        }

        // Each of its connections is closed with the reply that it brought.
        var packs = new SshUploadPacks(client, identity.Origin, identity.Identity, path) { KeepsIdle = false };
        var asker = new SshAsker(primary.NameOverSsh(path), login.Credential, tickets, meters);
        return (login.Credential, new SshPrimary(packs, command: default, asker));
    }
}
