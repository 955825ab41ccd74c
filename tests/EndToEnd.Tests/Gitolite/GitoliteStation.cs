using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Gitolite;

/// <summary>
/// gitolite with a repository that alice may write, bob may read and write below <c>topic/</c>, and mallory may not see; and a node in
/// front of it.
/// </summary>
public sealed class GitoliteStation : IAsyncLifetime
{
    public const string Repository = "team/tool";

    public const string Rights = $"""
        repo {Repository}
            RW+             =   alice
            RW   topic/     =   bob
            R               =   bob

        """;

    private GitolitePrimary? _primary;
    private WaystationNode? _node;

    public TempFolder Folder { get; } = new();

    public GitolitePrimary Primary => _primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => _node ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        try
        {
            _primary = await GitolitePrimary.StartAsync(Rights);
            string[] ssh =
            [
                "--ssh-listen",
                "127.0.0.1:0",
                "--primary-ssh",
                $"ssh://{SshdPrimary.User}@127.0.0.1:{_primary.Sshd.Port}",
                "--Primaries:0:SshKnownHosts",
                _primary.Sshd.KnownHostsFile,
            ];
            _node = await WaystationNode.StartAsync(_primary.Url, new NodeSettings { Options = ssh });
            string hostKey = await File.ReadAllTextAsync(Path.Combine(_node.DataFolder, "ssh", "host_ed25519_key.pub"));
            await File.WriteAllTextAsync(Folder["known_hosts"], $"[127.0.0.1]:{_node.Ssh.Split(':')[1]} {hostKey}");
            GitClient alice = new(Folder);
            await alice.RunAsync("init", "--quiet", "first");
            await alice.In("first").RunAsync("commit", "--quiet", "--allow-empty", "--message", "First");
            await alice.In("first").RunAsync("push", "--quiet", GitolitePrimary.UrlOf(_primary.Url, Repository, "alice"), "main");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public string Direct(string user, string repository = Repository) => GitolitePrimary.UrlOf(Primary.Url, repository, user);

    public string Through(string user, string repository = Repository) => GitolitePrimary.UrlOf(Node.Url, repository, user);

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        Folder.Dispose();
    }
}
