using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Advertisements;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>
/// The primary's upload-pack over SSH. The login shows who the user is. A ticket belongs to the key that the primary accepted. A later
/// session may use it only if that is the key that the client proved to the node.
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
    private readonly SshUploadPacks _packs = new(client, identity.Origin, identity.Identity, path);
    private readonly SshUploadPacks _oldPacks = new(client, identity.Origin, identity.Identity, path, Math.Min(version, 1));
    private readonly SshLogin _login = new(identity.Identity, digester);
    private SshV0Upstream? _old;

    public Credential Credential { get; private set; }

    public CapabilityAdvertisement? Capabilities { get; private set; }

    public IV0Upstream? Old => _old;

    public async Task<SessionEnd?> OpenAsync(CancellationToken cancellationToken)
    {
        // Until the primary has accepted a key, the session counts as that of the key that the client proved to the node.
        Credential = _login.Credential;
        long begun = tickets.Now;
        Func<Credential, IPrimary, RefsReading> reading = refs.BeginReading(repository);
        SshOpening opening;
        try
        {
            using IDisposable place = await identity.Origin.EnterAsync(Asker, asksForRefs: true, cancellationToken);
            meters.Upstream("ssh");
            (opening, _) = await (version >= 2 ? _packs : _oldPacks).TakeAsync(fresh: false, cancellationToken);
        }
        catch (PrimaryOutageException)
        {
            if (await FindRecordedAsync(cancellationToken) is { } recorded)
            {
                return OpenRecorded(recorded);
            }

            throw;
        }

        if (opening is not SshOpening.Opened { UploadPack: var uploadPack })
        {
            await using SshPrimaryReply no = SshPrimaryReply.NoOf(opening, begun);
            refs.NoteRefusal(repository, Credential, no);
            return Explain(no);
        }

        Credential = _login.At(uploadPack.AcceptedKey);
        if (uploadPack.Capabilities is { } capabilities)
        {
            Capabilities = capabilities;
            tickets.Accept(repository, Credential, capabilities, begun);
            await _packs.GiveBackAsync(uploadPack, isWhole: true);
        }
        else
        {
            _old = SshV0Upstream.Of(uploadPack, reading(Credential, Asking(default)), _packs, _oldPacks, Asker);
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
                text.Length > 0 ? text : "waystation: the primary refused without a message\n"
            ),
            _ => SessionEnd.Saying("the primary sent no response"),
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

    /// <summary>
    /// The record of the key that the client proved to the node; null if it is too old, or the primary refused the key since.
    /// </summary>
    private ValueTask<RefsAnswer.Recorded?> FindRecordedAsync(CancellationToken cancellationToken) =>
        refs.FindRecordedAsync(
            new RefsQuery
            {
                Key = new RefsKey(repository, Credential, "ssh advertisement"),
                Primary = Asking(default),
                ProtocolVersion = version,
            },
            cancellationToken
        );

    /// <summary>In an outage the session begins with the record. Each of its questions is then tried and answered by itself.</summary>
    private SessionEnd? OpenRecorded(RefsAnswer.Recorded recorded)
    {
        if (recorded.Advertises is { } old and < 2)
        {
            _old = SshV0Upstream.Of(recorded.Body, old, _packs, _oldPacks, Asker);
            return null;
        }

        Capabilities = CapabilityAdvertisement.TryParse(recorded.Bytes, out CapabilityAdvertisement? capabilities) ? capabilities : null;
        return Capabilities is null ? SessionEnd.Saying("the primary cannot be reached") : null;
    }

    private SshAsker Asker => new(repository, Credential, tickets, meters);
}
