using System.Net;
using Waystation.Farm;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Hooks;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The other nodes of the farm have the same secret, and can be reached.</summary>
internal sealed class PeersCheck(FarmOptions options, RedisCheck redis) : Check("peers", "", redis)
{
    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        (string Name, Uri Url)[] nodes = [.. redis.Sight!.Nodes];
        if (redis.Sight.Strangers > 0)
        {
            findings.Fail(
                $"{redis.Sight.Strangers} of {nodes.Length + redis.Sight.Strangers} nodes in Redis have another farm secret",
                "put the same secret into Farm:SecretFile on every node; farms that share a Redis need different databases"
            );
        }

        // Nobody is sent through a proxy to a node of the farm.
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
            }
        );
        string?[] troubles = await Task.WhenAll(nodes.Select(node => TroubleAsync(http, node.Url, cancellationToken)));
        foreach (((string name, Uri url), string? trouble) in nodes.Zip(troubles).Where(static one => one.Second is not null))
        {
            findings.Fail(
                $"{name} cannot be reached at {url}: {trouble}",
                name == options.Name ? "correct Farm:NodeUrl of this node" : $"correct Farm:NodeUrl of {name}, or let this machine through"
            );
        }

        if (findings.All.Count == 0)
        {
            findings.Ok(
                nodes.Length == 0
                    ? "no node is in Redis now"
                    : $"{string.Join(", ", nodes.Select(static node => node.Name))} can be reached"
            );
        }
    }

    private static async Task<string?> TroubleAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri(url, $"{HookEndpoint.Prefix}/farm/v1/"), cancellationToken);
            return response.StatusCode == HttpStatusCode.NotFound
                ? null
                : $"what answers there is not a node (status {(int)response.StatusCode})";
        }
        catch (HttpRequestException e)
        {
            return e.GetBaseException().Message;
        }
    }
}
