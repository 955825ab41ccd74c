using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>An authority that is a program, keys of the node's own towards the primary, and certificates.</summary>
public sealed class KeyAuthorityKindTests : IAsyncLifetime
{
    private readonly SshStation station = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => station.DisposeAsync();

    [Fact]
    public async Task Program_MapsAKeyToTheNodesOwnKey()
    {
        // The program knows one key, by its fingerprint; what stands for it is a key that only the node has.
        SshKey user = await SshKey.CreateAsync(station.Folder["user"]);
        SshKey ours = await SshKey.CreateAsync(station.Folder["ours"]);
        string program = station.Folder["who"];
        await File.WriteAllTextAsync(program, $"""
            #!/bin/sh
            grep -q {await user.FingerprintAsync()} || exit 1
            echo '{JsonSerializer.Serialize(new Dictionary<string, string> { ["sshKeyFile"] = ours.PrivateFile })}'

            """);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        await StartAsync("--Ssh:KeyAuthority:Command", program);
        station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await station.Web.CreateAsync("private/by-program.git", new History(71));

        using SshPerson known = station.PersonWithoutAgent(user);
        await known.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        using SshPerson alice = await station.PersonAsync(station.Alice);
        CommandResult unknown = await alice.Git.TryAsync("clone", station.AddressOf(repository), "clone");

        Assert.Contains("bob git-upload-pack", station.Sshd.Commands[^1], StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey)", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_IsKnownByItsKeyId_WhereItsAuthorityIsTrusted()
    {
        SshKey authority = await SshKey.CreateAsync(station.Folder["authority"]);
        SshKey stranger = await SshKey.CreateAsync(station.Folder["other-authority"]);
        SshKey carol = await SshKey.CreateAsync(station.Folder["carol"]);
        SshKey eve = await SshKey.CreateAsync(station.Folder["eve"]);
        await carol.CertifyAsync(authority, "carol", Environment.UserName);
        await eve.CertifyAsync(stranger, "carol", Environment.UserName);
        SshKey ours = await SshKey.CreateAsync(station.Folder["ours"]);
        string file = station.Folder["keys.json"];
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new[]
        {
            new Dictionary<string, string> { ["key"] = authority.PublicLine, ["keyId"] = "carol", ["sshKeyFile"] = ours.PrivateFile },
        }));
        await StartAsync("--Ssh:KeyAuthority:File", file, "--Ssh:TrustedUserCAKeys", authority.PublicFile);
        station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await station.Web.CreateAsync("private/certified.git", new History(72));

        using SshPerson certified = await station.PersonAsync(carol);
        await certified.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        using SshPerson impostor = await station.PersonAsync(eve);
        CommandResult refused = await impostor.Git.TryAsync("clone", station.AddressOf(repository), "clone");

        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorityWithAgents_TakesEachKeyForWhatItIs()
    {
        string file = station.Folder["keys.json"];
        SshKey listed = await SshKey.CreateAsync(station.Folder["listed"]);
        SshKey ours = await SshKey.CreateAsync(station.Folder["ours"]);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new[] { new Dictionary<string, string> { ["key"] = listed.PublicLine, ["sshKeyFile"] = ours.PrivateFile } }));
        await StartAsync("--Ssh:KeyAuthority:File", file, "--Ssh:Agent", "true");
        station.Sshd.Admit("bob", ours);
        PrimaryRepository repository = await station.Web.CreateAsync("private/both.git", new History(73));

        using SshPerson byList = station.PersonWithoutAgent(listed);
        await byList.Git.RunAsync("ls-remote", station.AddressOf(repository));
        Assert.StartsWith("bob ", station.Sshd.Commands[^1], StringComparison.Ordinal);
        using SshPerson byAgent = await station.PersonAsync(station.Alice);
        await byAgent.Git.RunAsync("ls-remote", station.AddressOf(repository));
        Assert.StartsWith("alice ", station.Sshd.Commands[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorityThatFails_LetsNobodyIn()
    {
        string file = station.Folder["keys.json"];
        await File.WriteAllTextAsync(file, "[ this is no JSON");
        await StartAsync("--Ssh:KeyAuthority:File", file);
        using SshPerson alice = station.PersonWithoutAgent(station.Alice);

        CommandResult refused = await alice.User.Ssh(station.Node.Ssh, "git-upload-pack x").RunAsync();

        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
        Assert.Contains("the key authority gave no answer", station.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NeitherAgentsNorAuthority_SaysWhichToSetUp()
    {
        await StartAsync("--Ssh:Agent", "false");
        using SshPerson alice = await station.PersonAsync(station.Alice);

        CommandResult refused = await alice.User.Ssh(station.Node.Ssh, "git-upload-pack x").RunAsync();

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Ssh:KeyAuthority", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Ssh:Agent", refused.Error, StringComparison.Ordinal);
    }

    private Task StartAsync(params string[] options) => station.StartAsync(options);
}
