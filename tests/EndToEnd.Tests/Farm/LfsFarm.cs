using System.Security.Cryptography;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>The nodes of a farm at a primary with LFS.</summary>
public sealed class LfsFarm : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<WaystationNode> _nodes = [];
    private RedisServer? _redis;
    private LfsPrimary? _primary;

    public LfsPrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public IReadOnlyList<WaystationNode> Nodes => _nodes;

    public async Task StartAsync(int nodes, LfsBehaviour behaviour)
    {
        _primary = await LfsPrimary.StartAsync(behaviour);
        _redis = await RedisServer.StartAsync();
        await File.WriteAllTextAsync(_folder["farm.secret"], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        for (int i = 1; i <= nodes; i++)
        {
            _nodes.Add(await StartNodeAsync($"node{i}"));
        }

        await Task.WhenAll(_nodes.Select(node => node.MeetsAsync(nodes)));
    }

    /// <summary>A URL of one node, at another.</summary>
    public Uri At(int node, Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return new Uri(_nodes[node].Url, url.PathAndQuery);
    }

    /// <summary>A private repository with an object, of 300,000 bytes if nothing else is said.</summary>
    public async Task<(PrimaryRepository Repository, LfsContent Content)> CreateAsync(long size = 300_000)
    {
        PrimaryRepository repository = await Primary.Git.CreateAsync($"private/{Guid.NewGuid():n}.git", new History(92));
        return (repository, Add(repository, size));
    }

    /// <summary>One more object of a repository.</summary>
    public LfsContent Add(PrimaryRepository repository, long size = 300_000)
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), size);
        Primary.Objects.Add(repository, content);
        return content;
    }

    /// <summary>The number of the node that downloads the objects of a repository. The primary must sign by URL.</summary>
    public async Task<int> KeeperOfAsync(PrimaryRepository repository)
    {
        double[] before = await DownloadsAsync();
        LfsContent probe = Add(repository);
        Uri url = await HrefAsync(0, repository, probe);
        Assert.Equal(probe.ToArray(), (await Lfs.LfsWire.AskAsync(url)).Body);
        double[] after = await DownloadsAsync();
        return Assert.Single(Enumerable.Range(0, _nodes.Count), node => after[node] > before[node]);
    }

    /// <summary>The URL of an object at a node.</summary>
    public async Task<Uri> HrefAsync(int node, PrimaryRepository repository, LfsContent content, string user = "alice") =>
        (await Lfs.LfsWire.BatchAsync(_nodes[node].Url, repository, user, "download", [content])).Href(0);

    public async ValueTask DisposeAsync()
    {
        foreach (WaystationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        _folder.Dispose();
    }

    private Task<double[]> DownloadsAsync() =>
        Task.WhenAll(
            _nodes.Select(static async node => (await node.MetricsAsync()).Sum("waystation_upstream_requests_total", "kind=\"lfs-object\""))
        );

    private Task<WaystationNode> StartNodeAsync(string name)
    {
        NodeAddresses addresses = NodeAddresses.Find();
        return WaystationNode.StartAsync(
            Primary.Url,
            new NodeSettings
            {
                Listen = [addresses.Url],
                Admin = addresses.AdminUrl,
                Options =
                [
                    "--redis",
                    _redis!.Address,
                    "--Farm:NodeUrl",
                    addresses.Url,
                    "--Farm:SecretFile",
                    _folder["farm.secret"],
                    "--Farm:Name",
                    name,
                ],
            }
        );
    }
}
