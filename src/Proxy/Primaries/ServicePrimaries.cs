using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Work;
using Waystation.Proxy.Settings;
using Waystation.Proxy.Telemetry;
using Waystation.SshFrontend.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>The primaries, asked with the service credential of each: over HTTP with a password or token, over SSH with a key.</summary>
internal sealed class ServicePrimaries(
    PrimaryMap primaries,
    SshClient ssh,
    CredentialDigester digester,
    AccessTickets tickets,
    ProxyMeters meters
) : IServicePrimaries
{
    /// <summary>Whatever asks for the work, a file of an earlier run included: what is not the name of a repository is asked of
    /// nobody.</summary>
    public bool Serves(RepositoryName repository) =>
        RepositoryPath.IsWellFormed(repository.Path)
        && primaries.Of(repository) is { Service: not null } primary
        && primary.Selects(repository.Path);

    public ServiceConnection? Open(RepositoryName repository)
    {
        if (!Serves(repository) || primaries.Of(repository) is not { Service: { } service } primary)
        {
            return null;
        }

        if (service.PasswordFile is null)
        {
            var channels = new SshUploadPacks(
                ssh,
                primary.Ssh!,
                new SshIdentity.KeyFile(service.SshKeyFile!),
                primary.SshPathOf(repository)
            );
            return new ServiceConnection(new SshPrimary(channels, command: default, tickets), channels);
        }

        string authorization = ServiceLogin.HeaderOf(service);
        KeyValuePair<string, StringValues>[] headers =
        [
            new("Authorization", authorization),
            new("User-Agent", "git/waystation"),
            new("Git-Protocol", "version=2"),
        ];
        string target = "/" + primary.HttpPathOf(repository);
        return new ServiceConnection(
            new HttpPrimary(
                primary,
                target + "/git-upload-pack",
                target + "/info/refs?service=git-upload-pack",
                headers,
                body: default,
                tickets,
                meters,
                repository,
                digester.Digest([new("header authorization", authorization)])
            )
        );
    }
}
