using System.Diagnostics;
using System.Text.Json;

namespace Waystation.Ratios.Rivals;

/// <summary>
/// A node with an SSH door in front of the stage's primary, and beside it an sshd with forced commands as one would write them by hand.
/// Both take the same key, and ssh chooses the same cipher for both.
/// </summary>
internal sealed class SshDoors : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly SshdPrimary _sshd;
    private readonly SshKey _key;
    private readonly SshUser _user;

    private SshDoors(TempFolder folder, WaystationNode node, SshdPrimary sshd, SshKey key, SshUser user)
    {
        this._folder = folder;
        this._sshd = sshd;
        this._key = key;
        this._user = user;
        Node = node;
    }

    public WaystationNode Node { get; }

    public static async Task<SshDoors> OpenAsync(Stage stage)
    {
        var home = new TempFolder();
        SshKey login = await SshKey.CreateAsync(home["key"]);
        await File.WriteAllTextAsync(home["password"], "alice" + ApachePrimary.PasswordSuffix);
        await File.WriteAllTextAsync(
            home["keys.json"],
            JsonSerializer.Serialize(
                new[]
                {
                    new Dictionary<string, string>
                    {
                        ["key"] = login.PublicLine,
                        ["username"] = "alice",
                        ["passwordFile"] = home["password"],
                    },
                }
            )
        );
        SshdPrimary plain = await SshdPrimary.StartAsync();
        WaystationNode node = await WaystationNode.StartAsync(
            stage.Primary.Url,
            new NodeSettings { Options = ["--ssh-listen", "127.0.0.1:0", "--Ssh:KeyAuthority:File", home["keys.json"]] }
        );
        string ours = await File.ReadAllTextAsync(Path.Combine(node.DataFolder, "ssh", "host_ed25519_key.pub"));
        await File.WriteAllTextAsync(
            home["known_hosts"],
            $"{await File.ReadAllTextAsync(plain.KnownHostsFile)}[127.0.0.1]:{node.Ssh.Split(':')[1]} {ours}"
        );
        var client = new SshUser
        {
            KnownHosts = home["known_hosts"],
            KeyFiles = [login.PrivateFile],
            Options = ["Ciphers=aes128-gcm@openssh.com"],
        };
        return new SshDoors(home, node, plain, login, client);
    }

    /// <summary>The command that the plain sshd runs for the key from now on.</summary>
    public void RunPlainly(string command)
    {
        _sshd.AdmitNobody();
        _sshd.AdmitTo(_key, command);
    }

    /// <summary>A command at the node, with a file as input; its output is discarded.</summary>
    public Task<(double Seconds, long Bytes)> AtNodeAsync(string command, string? input) => TimeAsync(Node.Ssh, command, input);

    /// <summary>The same at the plain sshd.</summary>
    public Task<(double Seconds, long Bytes)> AtPlainAsync(string command) => TimeAsync($"127.0.0.1:{_sshd.Port}", command, input: null);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _sshd.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>From the start of the ssh program to its end, and the bytes that came.</summary>
    private async Task<(double Seconds, long Bytes)> TimeAsync(string server, string command, string? input)
    {
        Command ssh = _user.Ssh(server, "-o", "SendEnv=GIT_PROTOCOL", command);
        // The shell only connects files: how fast the bench reads must not count.
        string line = string.Join(' ', ssh.Arguments.Select(static word => $"'{word}'"));
        string answer = _folder["answer"];
        var shell = new Command("/bin/sh", "-c", $"ssh {line} <{input ?? "/dev/null"} 2>/dev/null | wc -c >{answer}")
        {
            Environment = new Dictionary<string, string> { ["GIT_PROTOCOL"] = "version=2" },
        };
        long begun = Stopwatch.GetTimestamp();
        await shell.RunAsync();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return (seconds, long.Parse(await File.ReadAllTextAsync(answer)));
    }
}
