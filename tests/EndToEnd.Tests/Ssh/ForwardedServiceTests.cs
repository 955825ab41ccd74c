using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Commands that only the primary can answer are passed on in both directions unchanged.</summary>
public sealed class ForwardedServiceTests(SshStation station) : IClassFixture<SshStation>
{
    [Fact]
    public async Task Push_ByWhoMayNot_FailsAsThePrimarySays()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/pushed.git", new History(51));
        using SshPerson bob = await station.PersonAsync(station.Bob);
        await bob.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        string tip = await repository.ResolveAsync("refs/heads/main");
        await bob.Git.In("clone").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Mine");

        CommandResult push = await bob.Git.In("clone").TryAsync("push");

        Assert.Equal(128, push.ExitCode);
        Assert.Contains("You are not allowed to push.", push.Error, StringComparison.Ordinal);
        Assert.Equal(tip, await repository.ResolveAsync("refs/heads/main"));
    }

    [Fact]
    public async Task Push_ThatAHookRefuses_ShowsWhatTheHookSays()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/hooked.git", new History(52));
        repository.WriteHook("pre-receive", "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n");
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        await alice.Git.In("clone").RunAsync("commit", "--quiet", "--allow-empty", "--message", "On a Friday");

        CommandResult push = await alice.Git.In("clone").TryAsync("push");

        Assert.Equal(1, push.ExitCode);
        Assert.Contains("not on a Friday", push.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Push_OfManyMegabytes_AndOfADeletion_Arrives()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/large-push.git", new History(53));
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");
        GitClient clone = alice.Git.In("clone");
        byte[] content = new byte[24 << 20];
        new Random(53).NextBytes(content);
        await File.WriteAllBytesAsync(Path.Combine(clone.Folder, "large.bin"), content);
        await clone.RunAsync("add", "large.bin");
        await clone.RunAsync("commit", "--quiet", "--message", "Large");

        await clone.RunAsync("push", "--quiet", "origin", "HEAD:refs/heads/large");
        Assert.Equal(await clone.ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("refs/heads/large"));
        await clone.RunAsync("push", "--quiet", "origin", "--delete", "large");
        Assert.Equal("", (await repository.GitAsync("for-each-ref", "refs/heads/large")).Output);
    }

    [Fact]
    public async Task Archive_IsThePrimarysOwn()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/archived.git", new History(54));
        using SshPerson alice = await station.PersonAsync(station.Alice);

        await alice.Git.RunAsync("archive", "--remote", station.AddressOf(repository), "--output", "through.tar", "main");
        await alice
            .GitAs(alice.User with { KnownHosts = station.Sshd.KnownHostsFile })
            .RunAsync("archive", "--remote", station.DirectAddressOf(repository), "--output", "direct.tar", "main");

        Assert.Equal(await File.ReadAllBytesAsync(alice.Folder["direct.tar"]), await File.ReadAllBytesAsync(alice.Folder["through.tar"]));
    }

    [Fact]
    public async Task LfsAuthenticate_BringsThePrimarysAnswer()
    {
        using SshPerson bob = await station.PersonAsync(station.Bob);

        CommandResult answer = await bob.User.Ssh(station.Node.Ssh, "git-lfs-authenticate public/any.git download").MustRunAsync();

        Assert.Equal("{\"user\":\"bob\",\"operation\":\"download\"}\n", answer.Output);
    }
}
