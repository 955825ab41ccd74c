using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>The Debian package on a machine with systemd: its life from the installation to the purge.</summary>
public sealed partial class DebianPackageTests
{
    private const string Settings = "/etc/waystation/waystation.json";
    private const string Environment = "/etc/default/waystation";

    [MachineFact]
    public async Task Package_Installs_Serves_Upgrades_AndLeavesNothing()
    {
        using var folder = new TempFolder();
        string first = await Published.PackageAsync(folder, "0.1.0");
        string second = await Published.PackageAsync(folder, "0.1.1");
        await using ApachePrimary primary = await ApachePrimary.StartAsync();
        PrimaryRepository repository = await primary.CreateAsync("public/packaged.git", new History(Seed: 19));
        string tip = await repository.ResolveAsync("HEAD");
        var git = new GitClient(folder);
        await using DebianMachine machine = await DebianMachine.CreateAsync();

        await machine.CopyAsync(first, "/root");
        await machine.CopyAsync(second, "/root");

        // Installed where no systemd runs, as in an image: nothing starts, and the service is enabled.
        string said = await machine.RunAsync("dpkg", "--force-unsafe-io", "--install", $"/root/{Path.GetFileName(first)}");
        Assert.Contains($"write {Settings}", said, StringComparison.Ordinal);
        Assert.Equal("750 root waystation", (await machine.RunAsync("stat", "-c", "%a %U %G", "/etc/waystation")).Trim());
        Assert.Equal("700 waystation waystation", (await machine.RunAsync("stat", "-c", "%a %U %G", "/var/lib/waystation")).Trim());
        Assert.Equal("enabled", (await machine.RunAsync("systemctl", "is-enabled", "waystation")).Trim());
        await machine.RunAsync("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/waystation.service");

        await machine.WriteAsync(Settings, SettingsOf(primary));
        await machine.ShellAsync($"echo 'no_proxy=*' >> {Environment}");
        await machine.WriteAsync(
            "/etc/systemd/system/waystation.service.d/output.conf",
            "[Service]\nStandardOutput=truncate:/run/waystation.out\nStandardError=append:/run/waystation.err\n"
        );

        await machine.BootAsync();
        Match ready = await ReadyAsync(machine);
        await git.RunAsync("clone", "--quiet", $"{ready.Groups["listen"].Value}/{repository.Name}", "one");
        Assert.Equal(tip, await git.In("one").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(
            "waystation",
            (await machine.ShellAsync("ps -o user= -p $(systemctl show --property MainPID --value waystation)")).Trim()
        );

        // The new version serves from the old one's data, with the operator's settings.
        string before = await machine.RunAsync("systemctl", "show", "--property", "MainPID", "--value", "waystation");
        await machine.RunAsync("dpkg", "--force-unsafe-io", "--install", $"/root/{Path.GetFileName(second)}");
        Assert.NotEqual(before, await machine.RunAsync("systemctl", "show", "--property", "MainPID", "--value", "waystation"));
        Assert.Contains("no_proxy=*", await machine.ReadAsync(Environment), StringComparison.Ordinal);
        ready = await ReadyAsync(machine);
        (_, IReadOnlyList<string> status) = await git.TraceAsync(
            "clone",
            "--quiet",
            $"{ready.Groups["listen"].Value}/{repository.Name}",
            "two"
        );
        Assert.Contains(status, static one => one.StartsWith("waystation; hit", StringComparison.Ordinal));
        Assert.Equal(1, repository.PacksMade);

        await OverSshAsync(machine, folder, primary, repository);

        await machine.RunAsync("dpkg", "--remove", "waystation");
        Assert.NotEqual(0, (await machine.TryAsync("systemctl", "is-active", "waystation")).ExitCode);
        await machine.RunAsync("test", "-e", Settings, "-a", "-e", "/var/lib/waystation/layout", "-a", "-e", Environment);

        await machine.RunAsync("dpkg", "--purge", "waystation");
        Assert.DoesNotContain(
            await machine.ChangesAsync(),
            static path => path.Contains("waystation", StringComparison.Ordinal) && !path.EndsWith(".deb", StringComparison.Ordinal)
        );
        Assert.NotEqual(0, (await machine.TryAsync("getent", "passwd", "waystation")).ExitCode);
    }

    /// <summary>The account git and an address for SSH, as docs/install.md and docs/ssh.md say: sshd runs in the unit's sandbox.</summary>
    private static async Task OverSshAsync(DebianMachine machine, TempFolder folder, ApachePrimary primary, PrimaryRepository repository)
    {
        SshKey key = await SshKey.CreateAsync(folder["key"]);
        string[] words = key.PublicLine.Split(' ');
        await machine.RunAsync("useradd", "--home-dir", "/var/lib/waystation", "--no-create-home", "--shell", "/bin/sh", "git");
        await machine.RunAsync("usermod", "--password", "*", "git");
        await machine.WriteAsync("/etc/systemd/system/waystation.service.d/account.conf", "[Service]\nUser=git\nGroup=git\n");
        await machine.WriteAsync("/etc/waystation/ci.token", "alice" + ApachePrimary.PasswordSuffix);
        await machine.WriteAsync(
            "/etc/waystation/keys.json",
            $$"""[ { "key": "{{words[0]}} {{words[1]}}", "username": "alice", "passwordFile": "/etc/waystation/ci.token" } ]"""
        );
        await machine.WriteAsync(
            Settings,
            SettingsOf(primary, """, "Ssh": { "Listen": "127.0.0.1:0", "KeyAuthority": { "File": "/etc/waystation/keys.json" } }""")
        );
        await machine.ShellAsync("chgrp -R git /etc/waystation; systemctl daemon-reload; systemctl restart waystation");
        string door = (await ReadyAsync(machine)).Groups["ssh"].Value;
        CommandResult scanned = await new Command("ssh-keyscan", "-p", door.Split(':')[1], door.Split(':')[0]).MustRunAsync();
        await File.WriteAllTextAsync(folder["known_hosts"], scanned.Output);
        GitClient git = new(folder)
        {
            Variables = new SshUser { KnownHosts = folder["known_hosts"], KeyFiles = [key.PrivateFile] }.Variables,
        };
        await git.RunAsync("clone", "--quiet", $"ssh://git@{door}/{repository.Name}", "three");
        Assert.Equal(await repository.ResolveAsync("HEAD"), await git.In("three").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(1, repository.PacksMade);
    }

    private static string SettingsOf(ApachePrimary primary, string further = "") =>
        $$"""
            {
              "Primaries": [{ "Url": "{{primary.Url}}" }],
              "Data": "/var/lib/waystation",
              "Listen": ["http://127.0.0.1:0"],
              "Admin": { "Listen": "http://127.0.0.1:0" }{{further}}
            }
            """;

    private static async Task<Match> ReadyAsync(DebianMachine machine)
    {
        CommandResult line = await machine.TryAsync("cat", "/run/waystation.out");
        if (ReadyLine().Match(line.Output) is { Success: true } ready)
        {
            return ready;
        }

        CommandResult why = await machine.TryAsync("sh", "-c", "systemctl status waystation; cat /run/waystation.err");
        throw new InvalidOperationException($"the node is not ready: {why.Output}");
    }

    [GeneratedRegex(@"^waystation ready listen=(?<listen>\S+) admin=\S+ ssh=(?<ssh>\S+)\n", RegexOptions.ExplicitCapture)]
    private static partial Regex ReadyLine();
}
