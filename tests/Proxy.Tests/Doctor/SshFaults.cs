using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>What can be wrong with SSH.</summary>
internal static class SshFaults
{
    private const string Good = "curve25519-sha256";

    public static IReadOnlyDictionary<string, Fault> All { get; } =
        new Dictionary<string, Fault>(StringComparer.Ordinal)
        {
            ["ssh does not listen"] = new(
                "ssh",
                "Connection refused",
                "Primaries:0:SshUrl",
                static stage => SetSshAsync(stage, FreePort.Find(), "unknown ssh-ed25519 AAAA\n")
            ),
            ["ssh is an http server"] = new(
                "ssh",
                "is no SSH server: it is an HTTP server",
                "ports of their own",
                static async stage => await SetSshAsync(stage, (await stage.PrimaryAsync(isTls: false)).Port, "")
            ),
            ["ssh has only rsa with sha-1"] = Keys(
                "host key only by ssh-rsa, ssh-dss (SHA-1)",
                "ed25519 or ecdsa",
                Good,
                "ssh-rsa,ssh-dss"
            ),
            ["ssh has only key exchanges with sha-1"] = Keys(
                "only the key exchanges",
                "curve25519-sha256",
                "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",
                "ssh-ed25519"
            ),
            ["ssh host key is unknown"] = new(
                "host-key",
                "is unknown to this node",
                "compare the fingerprints",
                static async stage =>
                {
                    SshdPrimary sshd = stage.Keep(await SshdPrimary.StartAsync());
                    await SetSshAsync(stage, sshd.Port, "");
                }
            ),
            ["ssh host key is another one"] = new(
                "host-key",
                "differs from the one",
                "stand between",
                static async stage =>
                {
                    SshdPrimary sshd = stage.Keep(await SshdPrimary.StartAsync());
                    SshKey other = await SshKey.CreateAsync(stage.Folder["other-key"]);
                    await SetSshAsync(stage, sshd.Port, $"[127.0.0.1]:{sshd.Port} {other.PublicLine}\n");
                }
            ),
            ["ssh key of the node is refused"] = new(
                "host-key",
                "the primary refuses the key",
                "Primaries:0:Service:SshKeyFile",
                static async stage =>
                {
                    SshdPrimary sshd = stage.Keep(await SshdPrimary.StartAsync());
                    SshKey key = await SshKey.CreateAsync(stage.Folder["service-key"]);
                    await SetSshAsync(stage, sshd.Port, await File.ReadAllTextAsync(sshd.KnownHostsFile));
                    stage.Settings["Primaries:0:Service:SshKeyFile"] = key.PrivateFile;
                }
            ),
        };

    private static Fault Keys(string seen, string remedy, string exchanges, string hostKeys) =>
        new(
            "ssh",
            seen,
            remedy,
            stage => SetSshAsync(stage, stage.Keep(new FakeSshServer(exchanges, hostKeys)).Port, "unknown ssh-ed25519 AAAA\n")
        );

    private static Task SetSshAsync(DoctorStage stage, int port, string knownHosts)
    {
        stage.Settings["Primaries:0:SshUrl"] = $"ssh://{SshdPrimary.User}@127.0.0.1:{port}";
        stage.Settings["Primaries:0:SshKnownHosts"] = stage.Write("known_hosts", knownHosts);
        return Task.CompletedTask;
    }
}
