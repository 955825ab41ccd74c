using System.Globalization;
using System.Security.Cryptography;

namespace Waystation.Ratios;

/// <summary>Nodes with a Redis between them and HAProxy in front.</summary>
internal sealed class FarmStage : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<WaystationNode> _nodes = [];
    private RedisServer? _redis;
    private HaproxyBalancer? _balancer;

    private FarmStage() { }

    public IReadOnlyList<WaystationNode> Nodes => _nodes;

    /// <summary>The address of HAProxy.</summary>
    public Uri Url => _balancer?.Url ?? throw new InvalidOperationException("not started");

    public static async Task<FarmStage> StartAsync(Uri primary, int nodes)
    {
        var stage = new FarmStage();
        try
        {
            stage._redis = await RedisServer.StartAsync();
            string secret = stage._folder["farm.secret"];
            await File.WriteAllTextAsync(secret, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
            NodeAddresses[] addresses = [.. Enumerable.Range(0, nodes).Select(static _ => NodeAddresses.Find())];
            foreach ((int i, NodeAddresses one) in addresses.Index())
            {
                stage._nodes.Add(
                    await WaystationNode.StartAsync(
                        primary,
                        new NodeSettings
                        {
                            Listen = [one.Url],
                            Admin = one.AdminUrl,
                            Options =
                            [
                                "--redis",
                                stage._redis.Address,
                                "--Farm:NodeUrl",
                                one.Url,
                                "--Farm:SecretFile",
                                secret,
                                "--Farm:Name",
                                string.Create(CultureInfo.InvariantCulture, $"node{i + 1}"),
                            ],
                        }
                    )
                );
            }

            await Task.WhenAll(stage._nodes.Select(node => node.MeetsAsync(nodes)));
            stage._balancer = await HaproxyBalancer.StartAsync(addresses);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_balancer is not null)
        {
            await _balancer.DisposeAsync();
        }

        foreach (WaystationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        _folder.Dispose();
    }
}
