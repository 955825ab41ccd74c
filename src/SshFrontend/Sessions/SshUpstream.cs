using System.Security.Cryptography;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Advertisements;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// The primary's upload-pack over SSH. That the connection came about says who the user is: a ticket carries the key that the
/// primary accepted, and only where that is the key proven at our door is it one that a later session may use.
/// </summary>
internal sealed class SshUpstream(
    SshClient client,
    SessionIdentity.OverSsh identity,
    string path,
    RepositoryName repository,
    int version,
    RefsService refs,
    AccessTickets tickets,
    CredentialDigester digester,
    FetchMeters meters
) : IUpstream
{
    private readonly SshUploadPacks _packs = new(client, identity.Target, identity.Identity, path);
    private readonly SshUploadPacks _oldPacks = new(client, identity.Target, identity.Identity, path, Math.Min(version, 1));
    private SshOldUpstream? _old;

    public Credential Credential { get; private set; }

    public CapabilityAdvertisement? Capabilities { get; private set; }

    public IOldUpstream? Old => _old;

    public async Task<SessionEnd?> OpenAsync(CancellationToken cancellationToken)
    {
        meters.Upstream("ssh");
        long begun = tickets.Now;
        Func<Credential, IPrimary, RefsReading> reading = refs.BeginReading(repository);
        (SshOpening opening, _) = await (version >= 2 ? _packs : _oldPacks).TakeAsync(fresh: false, cancellationToken);
        if (opening is not SshOpening.Opened { UploadPack: var uploadPack })
        {
            await using SshPrimaryReply no = SshPrimaryReply.NoOf(opening, begun);
            if (no.IsRefusal)
            {
                tickets.Refuse(repository, CredentialOf(ProvenName), no.AskedAt);
            }

            return Explain(no);
        }

        Credential = CredentialOf(NameOf(uploadPack.AcceptedKey));
        if (uploadPack.Capabilities is { } capabilities)
        {
            Capabilities = capabilities;
            await _packs.GiveBackAsync(uploadPack, isWhole: true);
        }
        else
        {
            IPrimary later = new SshPrimary(_packs, command: default, Asker);
            _old = new SshOldUpstream(uploadPack, reading(Credential, later), _packs, _oldPacks, Asker);
        }

        return null;
    }

    public IPrimary Asking(ReadOnlyMemory<byte> command) => new SshPrimary(_packs, command, Asker);

    public SessionEnd Explain(PrimaryReply reply) =>
        reply switch
        {
            SshPrimaryReply { IsComplaint: true } complaint => SessionEnd.Complaining(complaint.ErrorText),
            SshPrimaryReply { ErrorText: var text, ExitCode: var code } => new SessionEnd(
                code == 0 ? SessionEnd.Died : code,
                text.Length > 0 ? text : "waystation: the primary refused without a word\n"
            ),
            _ => SessionEnd.Saying("the primary gave no answer"),
        };

    public async ValueTask DisposeAsync()
    {
        if (_old is not null)
        {
            await _old.DisposeAsync();
        }

        await _packs.DisposeAsync();
        await _oldPacks.DisposeAsync();
    }

    private SshAsker Asker => new(repository, Credential, tickets, meters);

    /// <summary>The name that the key proven here, or the node's own, has among credentials.</summary>
    private string ProvenName =>
        identity.Identity switch
        {
            SshIdentity.Agent agent => agent.Proven.ToString(),
            SshIdentity.KeyFile file => file.Path,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Where the primary accepted another key than the proven one, nobody else may ever be taken for this user.</summary>
    private string NameOf(SshPublicKey? accepted) =>
        identity.Identity is SshIdentity.Agent agent && !agent.Proven.Equals(accepted)
            ? Convert.ToHexString(RandomNumberGenerator.GetBytes(32))
            : ProvenName;

    private Credential CredentialOf(string name) =>
        digester.Digest([new(identity.Identity is SshIdentity.Agent ? "ssh key" : "ssh key file", name)]);
}
