using System.Text.Json;
using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>
/// A primary with LFS that has an SSH door as well, and a node that asks it for its SSH users in one of two ways: over SSH with their
/// forwarded agent, or over HTTP with the login that a key authority names.
/// </summary>
internal sealed class LfsSshStation : IAsyncDisposable
{
    private static readonly string[] s_users = ["alice", "bob", "mallory"];

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, SshKey> _keys = [];
    private readonly List<SshAgent> _agents = [];
    private readonly bool _isAgent;
    private LfsPrimary? _primary;
    private SshdPrimary? _sshd;
    private WaystationNode? _node;

    private LfsSshStation(string way) => _isAgent = way == SshWay.Agent;

    public LfsPrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public SshdPrimary Sshd => _sshd ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    /// <param name="way"><see cref="SshWay.Agent"/> or <see cref="SshWay.Authority"/>.</param>
    /// <param name="options">Further options of the node.</param>
    public static async Task<LfsSshStation> StartAsync(string way, params IReadOnlyList<string> options)
    {
        var station = new LfsSshStation(way);
        try
        {
            await station.StartAsync(options);
            return station;
        }
        catch
        {
            await station.DisposeAsync();
            throw;
        }
    }

    /// <summary>git with LFS as this user over SSH, through the node, in a folder of its own.</summary>
    public Task<GitClient> ClientAsync(string user) => ClientAsync(user, _folder["known_hosts"]);

    /// <summary>The same straight to the primary.</summary>
    public Task<GitClient> DirectClientAsync(string user) => ClientAsync(user, Sshd.KnownHostsFile);

    public string AddressOf(PrimaryRepository repository) => SshStation.AddressOf(Node.Ssh, repository);

    public string DirectAddressOf(PrimaryRepository repository) => SshStation.AddressOf($"127.0.0.1:{Sshd.Port}", repository);

    /// <summary>The primary answers neither over SSH nor over HTTP any more.</summary>
    public Task StopPrimaryAsync()
    {
        Sshd.Stop();
        return Primary.StopAsync();
    }

    /// <summary>ssh to the node with a command.</summary>
    public async Task<CommandResult> AskAsync(string user, string command) =>
        await (await UserAsync(user)).Ssh(Node.Ssh, command).RunAsync();

    public async ValueTask DisposeAsync()
    {
        _agents.ForEach(static agent => agent.Dispose());
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_sshd is not null)
        {
            await _sshd.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task StartAsync(IReadOnlyList<string> options)
    {
        _primary = await LfsPrimary.StartAsync();
        _sshd = await SshdPrimary.StartAsync(behind: _primary.Git);
        _sshd.AnswerLfsBy(_primary);
        foreach (string user in s_users)
        {
            _keys[user] = await SshKey.CreateAsync(_folder[user]);
            _sshd.Admit(user, _keys[user]);
        }

        IReadOnlyList<string> way = _isAgent
            ? ["--primary-ssh", $"ssh://{SshdPrimary.User}@127.0.0.1:{_sshd.Port}", "--Primaries:0:SshKnownHosts", _sshd.KnownHostsFile]
            : ["--Ssh:KeyAuthority:File", await WriteAuthorityAsync()];
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings { Options = ["--ssh-listen", "127.0.0.1:0", .. way, .. options] }
        );
        string hostKey = await File.ReadAllTextAsync(Path.Combine(_node.DataFolder, "ssh", "host_ed25519_key.pub"));
        await File.WriteAllTextAsync(_folder["known_hosts"], $"[127.0.0.1]:{_node.Ssh.Split(':')[1]} {hostKey}");
    }

    private async Task<string> WriteAuthorityAsync()
    {
        var entries = new List<Dictionary<string, string>>();
        foreach (string user in s_users)
        {
            string password = _folder[user + ".password"];
            await File.WriteAllTextAsync(password, user + ApachePrimary.PasswordSuffix + "\n");
            entries.Add(
                new()
                {
                    ["key"] = _keys[user].PublicLine,
                    ["username"] = user,
                    ["passwordFile"] = password,
                }
            );
        }

        await File.WriteAllTextAsync(_folder["keys.json"], JsonSerializer.Serialize(entries));
        return _folder["keys.json"];
    }

    private async Task<GitClient> ClientAsync(string user, string knownHosts)
    {
        GitClient client = new GitClient(_folder).WithLfs() with { Folder = _folder.CreateFolder(Path.GetRandomFileName()[..8]) };
        client = client with { Variables = (await UserAsync(user) with { KnownHosts = knownHosts }).Variables };
        // The login that a key stands for is the node's secret: for objects the client has its own.
        return _isAgent
            ? client
            : client.With($"credential.helper=!echo username={user}; echo password={user}{ApachePrimary.PasswordSuffix}; :");
    }

    private async Task<SshUser> UserAsync(string user)
    {
        var person = new SshUser { KnownHosts = _folder["known_hosts"] };
        if (!_isAgent)
        {
            return person with { KeyFiles = [_keys[user].PrivateFile] };
        }

        SshAgent agent = await SshAgent.StartAsync(_folder, _keys[user]);
        _agents.Add(agent);
        return person with { Agent = agent };
    }
}
