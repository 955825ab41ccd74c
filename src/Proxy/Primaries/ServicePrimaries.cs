using System.Text;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Work;
using Waystation.Proxy.Settings;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Primaries;

/// <summary>The primaries over HTTP, asked with the service credential of each.</summary>
internal sealed class ServicePrimaries(PrimaryMap primaries, AccessTickets tickets, ProxyMeters meters) : IServicePrimaries
{
    public bool Serves(RepositoryName repository) => primaries.Of(repository) is { Service: not null } primary && primary.Selects(repository.Path);

    public IPrimary? Find(RepositoryName repository, int protocolVersion = 2)
    {
        if (primaries.Of(repository) is not { Service: { } service } primary || !primary.Selects(repository.Path))
        {
            return null;
        }

        List<KeyValuePair<string, StringValues>> headers =
        [
            new("Authorization", Authorization(service)),
            new("User-Agent", "git/waystation"),
        ];
        if (protocolVersion > 0)
        {
            headers.Add(new("Git-Protocol", $"version={protocolVersion}"));
        }

        string target = "/" + repository.Path;
        return new HttpPrimary(
            primary, target + "/git-upload-pack", target + "/info/refs?service=git-upload-pack", headers, body: default, tickets, meters);
    }

    private static string Authorization(ServiceCredential service)
    {
        string secret;
        try
        {
            secret = File.ReadAllText(service.PasswordFile).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PrimaryException($"the service credential cannot be read: {e.Message}", e);
        }

        return service.Username is { } username
            ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{secret}"))
            : "Bearer " + secret;
    }
}
