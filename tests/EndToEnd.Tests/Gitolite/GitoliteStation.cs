using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Gitolite;

/// <summary>
/// gitolite with a repository that alice may write, bob may read and write below <c>topic/</c>, and mallory may not see; and a node in front of it.
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

    private GitolitePrimary? primary;
    private WaystationNode? node;

    public TempFolder Folder { get; } = new();

    public GitolitePrimary Primary => primary ?? throw new InvalidOperationException("not started");

    public WaystationNode Node => node ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        try
        {
            primary = await GitolitePrimary.StartAsync(Rights);
            string[] ssh =
            [
                "--ssh-listen", "127.0.0.1:0", "--primary-ssh", $"ssh://{SshdPrimary.User}@127.0.0.1:{primary.Sshd.Port}",
                "--Primaries:0:SshKnownHosts", primary.Sshd.KnownHostsFile,
            ];
            node = await WaystationNode.StartAsync(primary.Url, new NodeSettings { Options = ssh });
            string hostKey = await File.ReadAllTextAsync(Path.Combine(node.DataFolder, "ssh", "host_ed25519_key.pub"));
            await File.WriteAllTextAsync(Folder["known_hosts"], $"[127.0.0.1]:{node.Ssh.Split(':')[1]} {hostKey}");
            GitClient alice = new(Folder);
            await alice.RunAsync("init", "--quiet", "first");
            await alice.In("first").RunAsync("commit", "--quiet", "--allow-empty", "--message", "First");
            await alice.In("first").RunAsync("push", "--quiet", GitolitePrimary.UrlOf(primary.Url, Repository, "alice"), "main");
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
        if (node is not null)
            await node.DisposeAsync();
        if (primary is not null)
            await primary.DisposeAsync();
        Folder.Dispose();
    }
}
