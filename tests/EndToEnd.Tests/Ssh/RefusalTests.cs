using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A client without permission gets no byte of a pack, however warm the cache, and hears why.</summary>
public sealed class RefusalTests(SshStation station) : IClassFixture<SshStation>
{
    [Fact]
    public async Task RefusedUser_HearsWhatThePrimarySays()
    {
        PrimaryRepository repository = await WarmAsync("plans");
        using SshPerson mallory = await station.PersonAsync(station.Mallory);

        CommandResult clone = await mallory.Git.TryAsync("clone", station.AddressOf(repository), "clone");

        Assert.Equal(128, clone.ExitCode);
        Assert.Contains("Repository not found.", clone.Error, StringComparison.Ordinal);
        AssertNoPack(clone);
    }

    [Fact]
    public async Task StrangersKey_HearsThatThePrimaryTakesNoneOfThem()
    {
        PrimaryRepository repository = await WarmAsync("strangers");
        using SshPerson stranger = await station.PersonAsync(station.Stranger);

        CommandResult clone = await stranger.Git.TryAsync("clone", station.AddressOf(repository), "clone");

        Assert.Contains("accepted none of the SSH keys", clone.Error, StringComparison.Ordinal);
        AssertNoPack(clone);
    }

    [Fact]
    public async Task KnownKeyWithoutAnAgent_HearsHowToForwardOne()
    {
        PrimaryRepository repository = await WarmAsync("no-agent");
        using SshPerson alice = station.PersonWithoutAgent(station.Alice);

        CommandResult clone = await alice.Git.TryAsync("clone", station.AddressOf(repository), "clone");

        Assert.Contains("ForwardAgent yes", clone.Error, StringComparison.Ordinal);
        AssertNoPack(clone);
    }

    [Fact]
    public async Task RefusedUser_GetsNothingByHandEither()
    {
        PrimaryRepository repository = await WarmAsync("by-hand");
        string tip = await repository.ResolveAsync("refs/heads/main");
        using SshPerson mallory = await station.PersonAsync(station.Mallory);
        using SshPerson alice = await station.PersonAsync(station.Alice);
        string request = $"0011command=fetch0001{Packet($"want {tip}\n")}{Packet("done\n")}0000";
        Command Fetch(SshPerson person) =>
            person.User.Ssh(station.Node.Ssh, "-o", "SetEnv=GIT_PROTOCOL=version=2", $"git-upload-pack '{repository.Name}'") with
            {
                Input = async stream => await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request)),
            };

        Assert.Contains("PACK", (await WithProtocol(Fetch(alice)).MustRunAsync()).Output, StringComparison.Ordinal);
        CommandResult refused = await WithProtocol(Fetch(mallory)).RunAsync();

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Equal("", refused.Output);
    }

    [Fact]
    public async Task AgentWithSeveralKeys_IsTheUserThatThePrimaryKnows_AndNotTheOneWhoseKeyOpenedOurDoor()
    {
        PrimaryRepository repository = await WarmAsync("several");
        // The stranger's key opens our door, alice's the primary's.
        using SshPerson alice = await station.PersonAsync(station.Stranger, station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "clone");

        using SshPerson stranger = await station.PersonAsync(station.Stranger);
        AssertNoPack(await stranger.Git.TryAsync("clone", station.AddressOf(repository), "clone"));
        // The key that the client proved to the node is offered first, so a user with two accounts chooses by it.
        using SshPerson both = await station.PersonAsync(station.Mallory, station.Alice);
        AssertNoPack(await both.Git.TryAsync("clone", station.AddressOf(repository), "clone"));
    }

    [Fact]
    public async Task KeyTakenAwayAtThePrimary_OpensNothingAnyMore()
    {
        PrimaryRepository repository = await WarmAsync("revoked");
        SshKey key = await SshKey.CreateAsync(station.Folder["leaving"]);
        using SshPerson leaving = await station.PersonAsync(key);
        station.Sshd.Admit("bob", key);
        await leaving.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "before");
        station.Sshd.Expel(key);

        AssertNoPack(await leaving.Git.TryAsync("clone", station.AddressOf(repository), "after"));
    }

    [Theory]
    [InlineData("", 1, "gives no shell")]
    [InlineData("ls -l", 1, "runs only Git's commands")]
    [InlineData("git-upload-pack 'a'; id", 1, "runs only Git's commands")]
    [InlineData("git-upload-pack '--help'", 1, "runs only Git's commands")]
    [InlineData("git-lfs-transfer 'public/x.git' download", 127, "unknown command")]
    public async Task WhatIsNotOffered_EndsWithALineAndAnExitCode(string command, int exitCode, string line)
    {
        using SshPerson alice = await station.PersonAsync(station.Alice);

        CommandResult result = await alice.User.Ssh(station.Node.Ssh, command.Length > 0 ? [command] : []).RunAsync();

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(line, result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task NothingButGit_IsForwarded()
    {
        using SshPerson alice = await station.PersonAsync(station.Alice);
        SshUser other = alice.User with { Options = ["ExitOnForwardFailure=yes", "RemoteForward=127.0.0.1:0 127.0.0.1:1"] };

        CommandResult forwarded = await other.Ssh(station.Node.Ssh).RunAsync();
        CommandResult terminal = await (alice.User with { Options = ["RequestTTY=force"] }).Ssh(station.Node.Ssh).RunAsync();

        Assert.Equal(255, forwarded.ExitCode);
        Assert.Equal(1, terminal.ExitCode);
    }

    private static string Packet(string text) => $"{text.Length + 4:x4}{text}";

    private static Command WithProtocol(Command ssh) =>
        ssh with
        {
            Environment = new Dictionary<string, string> { ["GIT_PROTOCOL"] = "version=2" },
        };

    private static void AssertNoPack(CommandResult clone)
    {
        Assert.NotEqual(0, clone.ExitCode);
        Assert.DoesNotContain("waystation: served", clone.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Receiving objects", clone.Error, StringComparison.Ordinal);
    }

    /// <summary>A private repository whose clone is in the cache.</summary>
    private async Task<PrimaryRepository> WarmAsync(string name)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"private/{name}.git", new History(41));
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.AddressOf(repository), "warm");
        return repository;
    }
}
