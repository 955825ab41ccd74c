using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>
/// A primary with two doors to the same repositories, Apache and sshd, and a node with both doors in front of it. alice, bob and
/// mallory have keys that the primary knows (see <see cref="SshdPrimary"/>), a stranger has one that it does not.
/// </summary>
public sealed class SshStation : IAsyncLifetime
{
    private ApachePrimary? _web;
    private SshdPrimary? _sshd;
    private WaystationNode? _node;

    public TempFolder Folder { get; } = new();

    public ApachePrimary Web => _web ?? throw new InvalidOperationException("not started");

    public SshdPrimary Sshd => _sshd ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    public SshKey Alice { get; private set; } = null!;

    public SshKey Bob { get; private set; } = null!;

    public SshKey Mallory { get; private set; } = null!;

    public SshKey Stranger { get; private set; } = null!;

    /// <summary>The node's host key as its clients know it.</summary>
    public string KnownHosts => Folder["known_hosts"];

    /// <summary>The options that every such node has.</summary>
    public IReadOnlyList<string> SshOptions =>
        [
            "--ssh-listen",
            "127.0.0.1:0",
            "--primary-ssh",
            $"ssh://{SshdPrimary.User}@127.0.0.1:{Sshd.Port}",
            "--Primaries:0:SshKnownHosts",
            Sshd.KnownHostsFile,
        ];

    public Task InitializeAsync() => StartAsync();

    /// <summary>Starts everything.</summary>
    /// <param name="options">Further options of the node.</param>
    /// <param name="acceptsProtocol">Whether the primary's sshd takes GIT_PROTOCOL.</param>
    /// <param name="sshOptions">Instead of <see cref="SshOptions"/>.</param>
    /// <param name="environment">Variables for the node, beside its usual ones.</param>
    public async Task StartAsync(
        IReadOnlyList<string>? options = null,
        bool acceptsProtocol = true,
        IReadOnlyList<string>? sshOptions = null,
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        try
        {
            _web = await ApachePrimary.StartAsync();
            _sshd = await SshdPrimary.StartAsync(acceptsProtocol, _web);
            Alice = await SshKey.CreateAsync(Folder["alice"]);
            Bob = await SshKey.CreateAsync(Folder["bob"]);
            Mallory = await SshKey.CreateAsync(Folder["mallory"]);
            Stranger = await SshKey.CreateAsync(Folder["stranger"]);
            _sshd.Admit("alice", Alice);
            _sshd.Admit("bob", Bob);
            _sshd.Admit("mallory", Mallory);
            _node = await WaystationNode.StartAsync(
                _web.Url,
                new NodeSettings
                {
                    Options = [.. sshOptions ?? SshOptions, .. options ?? []],
                    Environment = environment ?? new Dictionary<string, string>(),
                }
            );
            WriteKnownHosts();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Notes the node's key for its clients.</summary>
    public void WriteKnownHosts() =>
        File.WriteAllText(
            KnownHosts,
            $"[127.0.0.1]:{Node.Ssh.Split(':')[1]} {File.ReadAllText(Path.Combine(Node.DataFolder, "ssh", "host_ed25519_key.pub"))}"
        );

    public static string AddressOf(string server, PrimaryRepository repository) => $"ssh://{SshdPrimary.User}@{server}/{repository.Name}";

    /// <summary>The repository through the node.</summary>
    public string AddressOf(PrimaryRepository repository) => AddressOf(Node.Ssh, repository);

    /// <summary>The repository straight from the primary.</summary>
    public string DirectAddressOf(PrimaryRepository repository) => AddressOf($"127.0.0.1:{Sshd.Port}", repository);

    /// <summary>A user whose agent has these keys, in this order.</summary>
    public async Task<SshPerson> PersonAsync(params IReadOnlyList<SshKey> keys)
    {
        var folder = new TempFolder();
        try
        {
            SshAgent agent = await SshAgent.StartAsync(folder, keys);
            return new SshPerson(folder, agent, new SshUser { KnownHosts = KnownHosts, Agent = agent });
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A person with key files and no agent.</summary>
    public SshPerson PersonWithoutAgent(params IReadOnlyList<SshKey> keys) =>
        new(
            new TempFolder(),
            agent: null,
            new SshUser { KnownHosts = KnownHosts, KeyFiles = [.. keys.Select(static key => key.PrivateFile)] }
        );

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_sshd is not null)
        {
            await _sshd.DisposeAsync();
        }

        if (_web is not null)
        {
            await _web.DisposeAsync();
        }

        Folder.Dispose();
    }
}
