using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>An authority that is a program, keys of the node's own towards the primary, and certificates.</summary>
public sealed class KeyAuthorityKindTests : IAsyncLifetime
{
    private readonly SshStation _station = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Program_MapsAKeyToTheNodesOwnKey()
    {
        // The program knows one key, by its fingerprint; it stands for a key file that only the node has.
        SshKey user = await SshKey.CreateAsync(_station.Folder["user"]);
        SshKey ours = await SshKey.CreateAsync(_station.Folder["ours"]);
        string program = _station.Folder["who"];
        await File.WriteAllTextAsync(
            program,
            $"""
            #!/bin/sh
            grep -q {await user.FingerprintAsync()} || exit 1
            echo '{JsonSerializer.Serialize(new Dictionary<string, string> { ["sshKeyFile"] = ours.PrivateFile })}'

            """
        );
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        await StartAsync("--Ssh:KeyAuthority:Command", program);
        _station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await _station.Web.CreateAsync("private/by-program.git", new History(71));

        using SshPerson known = _station.PersonWithoutAgent(user);
        await known.Git.RunAsync("clone", "--quiet", _station.AddressOf(repository), "clone");
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        CommandResult unknown = await alice.Git.TryAsync("clone", _station.AddressOf(repository), "clone");

        Assert.Contains("bob git-upload-pack", _station.Sshd.Commands[^1], StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey)", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_IsKnownByItsKeyId_WhereItsAuthorityIsTrusted()
    {
        SshKey authority = await SshKey.CreateAsync(_station.Folder["authority"]);
        SshKey stranger = await SshKey.CreateAsync(_station.Folder["other-authority"]);
        SshKey carol = await SshKey.CreateAsync(_station.Folder["carol"]);
        SshKey eve = await SshKey.CreateAsync(_station.Folder["eve"]);
        await carol.CertifyAsync(authority, "carol", Environment.UserName);
        await eve.CertifyAsync(stranger, "carol", Environment.UserName);
        SshKey ours = await SshKey.CreateAsync(_station.Folder["ours"]);
        string file = _station.Folder["keys.json"];
        await File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(
                new[]
                {
                    new Dictionary<string, string>
                    {
                        ["key"] = authority.PublicLine,
                        ["keyId"] = "carol",
                        ["sshKeyFile"] = ours.PrivateFile,
                    },
                }
            )
        );
        await StartAsync("--Ssh:KeyAuthority:File", file, "--Ssh:TrustedUserCAKeys", authority.PublicFile);
        _station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await _station.Web.CreateAsync("private/certified.git", new History(72));

        using SshPerson certified = await _station.PersonAsync(carol);
        await certified.Git.RunAsync("clone", "--quiet", _station.AddressOf(repository), "clone");
        using SshPerson impostor = await _station.PersonAsync(eve);
        CommandResult refused = await impostor.Git.TryAsync("clone", _station.AddressOf(repository), "clone");

        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorityWithAgents_TakesEachKeyForWhatItIs()
    {
        string file = _station.Folder["keys.json"];
        SshKey listed = await SshKey.CreateAsync(_station.Folder["listed"]);
        SshKey ours = await SshKey.CreateAsync(_station.Folder["ours"]);
        await File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(
                new[]
                {
                    new Dictionary<string, string> { ["key"] = listed.PublicLine, ["sshKeyFile"] = ours.PrivateFile },
                }
            )
        );
        await StartAsync("--Ssh:KeyAuthority:File", file, "--Ssh:Agent", "true");
        _station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await _station.Web.CreateAsync("private/both.git", new History(73));

        using SshPerson byList = _station.PersonWithoutAgent(listed);
        await byList.Git.RunAsync("ls-remote", _station.AddressOf(repository));
        Assert.StartsWith("bob ", _station.Sshd.Commands[^1], StringComparison.Ordinal);
        using SshPerson byAgent = await _station.PersonAsync(_station.Alice);
        await byAgent.Git.RunAsync("ls-remote", _station.AddressOf(repository));
        Assert.StartsWith("alice ", _station.Sshd.Commands[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorityThatFails_LetsNobodyIn()
    {
        string file = _station.Folder["keys.json"];
        await File.WriteAllTextAsync(file, "[ this is no JSON");
        await StartAsync("--Ssh:KeyAuthority:File", file);
        using SshPerson alice = _station.PersonWithoutAgent(_station.Alice);

        CommandResult refused = await alice.User.Ssh(_station.Node.Ssh, "git-upload-pack x").RunAsync();

        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
        Assert.Contains("because the key authority failed", _station.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NeitherAgentsNorAuthority_SaysWhichToSetUp()
    {
        await StartAsync("--Ssh:Agent", "false");
        using SshPerson alice = await _station.PersonAsync(_station.Alice);

        CommandResult refused = await alice.User.Ssh(_station.Node.Ssh, "git-upload-pack x").RunAsync();

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Ssh:KeyAuthority", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Ssh:Agent", refused.Error, StringComparison.Ordinal);
    }

    private Task StartAsync(params string[] options) => _station.StartAsync(options);
}
