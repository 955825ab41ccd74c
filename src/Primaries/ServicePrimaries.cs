using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.UploadPack;

namespace Waystation.Primaries;

/// <summary>The primaries, asked with the service credential of each: over HTTP with a password or token, over SSH with a key.</summary>
/// <param name="primaries">The primaries.</param>
/// <param name="http">Opens repositories over HTTP.</param>
/// <param name="ssh">Starts the ssh program.</param>
/// <param name="tickets">Its clock gives the time of a question.</param>
/// <param name="meters">Counts each question.</param>
/// <param name="digester">Makes credentials.</param>
public sealed class ServicePrimaries(
    PrimaryMap primaries,
    HttpRepositories http,
    SshClient ssh,
    AccessTickets tickets,
    FetchMeters meters,
    CredentialDigester digester
) : IServicePrimaries
{
    /// <summary>
    /// Whether the node has a credential for this repository. The name may come from a file of an earlier run: text that is not the name of
    /// a repository is asked of no primary.
    /// </summary>
    public bool Serves(RepositoryName repository) =>
        RepositoryPath.IsWellFormed(repository.Path)
        && primaries.Of(repository) is { Service: not null } primary
        && primary.Selects(repository.Path);

    /// <inheritdoc />
    public ServiceConnection? Open(RepositoryName repository)
    {
        if (!Serves(repository) || primaries.Of(repository) is not { Service: { } service } primary)
        {
            return null;
        }

        if (service.PasswordFile is null)
        {
            var key = new SshIdentity.KeyFile(service.SshKeyFile!);
            var channels = new SshUploadPacks(ssh, primary.Ssh!, key, primary.SshPathOf(repository));
            var asker = new SshAsker(repository, new SshLogin(key, digester).Credential, tickets, meters);
            return new ServiceConnection(new SshPrimary(channels, command: default, asker), channels);
        }

        string path = primary.HttpPathOf(repository);
        HttpRepository opened = http.Open(primary.Http, repository, path, ServiceLogin.HeaderOf(service));
        return new ServiceConnection(opened.Asking(ProtocolVersion.Two, body: default));
    }
}
