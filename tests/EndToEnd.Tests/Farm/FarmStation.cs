using System.Security.Cryptography;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>A primary (see <see cref="ApachePrimary"/>), several nodes and a balancer in front of them, for HTTP and for SSH.</summary>
public sealed class FarmStation : IAsyncLifetime
{
    private readonly List<NodeAddresses> _addresses = [];
    private readonly List<WaystationNode> _nodes = [];
    private FarmSettings _settings = new();
    private ApachePrimary? _primary;
    private RedisServer? _redis;
    private NodeLinks? _links;
    private FarmUsers? _users;
    private IBalancer? _balancer;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public RedisServer Redis => _redis ?? throw new InvalidOperationException("not started");

    /// <summary>The network between the nodes.</summary>
    public NodeLinks Links => _links ?? throw new InvalidOperationException("not started");

    public IReadOnlyList<WaystationNode> Nodes => _nodes;

    /// <summary>The file with the secret of the farm.</summary>
    public string SecretFile => Folder["farm.secret"];

    public IBalancer Balancer => _balancer ?? throw new InvalidOperationException("not started");

    public HaproxyBalancer Haproxy => (HaproxyBalancer)Balancer;

    public Task InitializeAsync() => StartAsync(new FarmSettings());

    /// <summary>Starts everything. xunit disposes only a fixture that started, so a failure cleans up here.</summary>
    public async Task StartAsync(FarmSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        try
        {
            _primary = await ApachePrimary.StartAsync();
            _users = await FarmUsers.CreateAsync(Folder);
            _addresses.AddRange(Enumerable.Range(0, settings.Nodes + settings.Later).Select(static _ => NodeAddresses.Find()));
            if (settings.HasRedis)
            {
                _redis = await RedisServer.StartAsync();
                await File.WriteAllTextAsync(SecretFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
            }

            if (settings.HasLinks)
            {
                _links = NodeLinks.Start(_addresses);
                _links.NodeOf = process =>
                    _nodes.Index().FirstOrDefault(node => node.Item.IsRunning && node.Item.ProcessId == process) is { Item: not null } found
                        ? found.Index
                        : null;
            }

            Task<WaystationNode>[] starting = [.. _addresses.Take(settings.Nodes).Select(StartNodeAsync)];
            await Task.WhenAll(starting).ContinueWith(static _ => { }, TaskScheduler.Default);
            // If one could not start, the others are ended.
            _nodes.AddRange(starting.Where(static node => node.IsCompletedSuccessfully).Select(static node => node.Result));
            await Task.WhenAll(starting);
            _balancer = settings.HasNginx ? await NginxBalancer.StartAsync(_addresses) : await HaproxyBalancer.StartAsync(_addresses);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the next of the later nodes.</summary>
    public async Task<WaystationNode> AddNodeAsync()
    {
        WaystationNode node = await StartNodeAsync(_addresses[_nodes.Count], _nodes.Count);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Waits until all nodes that run see each other.</summary>
    public Task TogetherAsync()
    {
        WaystationNode[] running = [.. _nodes.Where(static node => node.IsRunning)];
        return Task.WhenAll(running.Select(node => node.MeetsAsync(running.Length)));
    }

    /// <summary>The repository through the balancer.</summary>
    public Uri UrlOf(PrimaryRepository repository, string? user = null) => Balancer.Url.To(repository, user);

    /// <summary>The repository through the balancer over SSH.</summary>
    public string SshAddressOf(PrimaryRepository repository) => SshAddressOf(Balancer.Ssh, repository);

    /// <summary>The repository over SSH at a node or at the balancer.</summary>
    public static string SshAddressOf(string server, PrimaryRepository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return $"ssh://{Environment.UserName}@{server}/{repository.Name}";
    }

    /// <summary>A person's git in a folder of its own. Over SSH it is this user's, at the balancer or at a node.</summary>
    public GitClient NewClient(string folder, string user = "alice", string? ssh = null) =>
        new GitClient(Folder) with
        {
            Folder = Folder.CreateFolder(folder),
            Variables = _users!.Of(user, ssh ?? Balancer.Ssh).Variables,
        };

    public async Task DisposeAsync()
    {
        if (_balancer is not null)
        {
            await _balancer.DisposeAsync();
        }

        foreach (WaystationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_links is not null)
        {
            await _links.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }

    private Task<WaystationNode> StartNodeAsync(NodeAddresses addresses, int number) =>
        WaystationNode.StartAsync(
            Primary.Url,
            new NodeSettings
            {
                Listen = [addresses.Url],
                Admin = addresses.AdminUrl,
                Options =
                [
                    "--ssh-listen",
                    addresses.SshAddress,
                    .. _users!.Options,
                    .. _settings.HasRedis ? FarmOptions(addresses, number) : [],
                    // All clients have the balancer's address.
                    "--Clients:MaxConnectionsPerAddress",
                    "0",
                    "--Ssh:MaxLoginsPerAddress",
                    "0",
                    .. _settings.Options,
                ],
            }
        );

    private IReadOnlyList<string> FarmOptions(NodeAddresses addresses, int number) =>
        [
            "--redis",
            Redis.Address,
            "--Farm:NodeUrl",
            _links?.UrlOf(number).AbsoluteUri ?? addresses.Url,
            "--Farm:SecretFile",
            SecretFile,
            "--Farm:Name",
            $"node{number + 1}",
        ];
}
