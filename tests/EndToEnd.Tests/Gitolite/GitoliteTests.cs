using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Gitolite;

/// <summary>A primary that refuses in words, with status 200: as direct, whatever is kept here.</summary>
public sealed class GitoliteTests(GitoliteStation station) : IClassFixture<GitoliteStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Reader_IsServed_AndOthersAreToldWhatThePrimarySays(int version)
    {
        GitClient git = new GitClient(_folder).Speaking(version);
        await git.RunAsync("clone", "--quiet", station.Direct("bob"), "direct");
        await git.RunAsync("clone", "--quiet", station.Through("bob"), "first");
        (_, IReadOnlyList<string> status) = await git.TraceAsync("clone", "--quiet", station.Through("bob"), "second");
        Assert.Contains("waystation; hit", status);
        Assert.Equal(await CloneState.OfAsync(git.In("direct")), await CloneState.OfAsync(git.In("second")));

        await SameAsync(git, "ls-remote", station.Direct("mallory"), station.Through("mallory"));
        await SameAsync(git, "ls-remote", station.Direct("bob", "team/none"), station.Through("bob", "team/none"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task RightThatIsTakenAway_IsGoneAtOnce_ForWhateverIsAsked(int version)
    {
        GitClient git = new GitClient(_folder).Speaking(version);
        string name = $"team/revoked{version}";
        string granted = $"repo {name}\n    RW+ = alice\n    R = bob\n";
        await station.Primary.GrantAsync(GitoliteStation.Rights + granted);
        try
        {
            await git.In(station.Folder["first"]).RunAsync("push", "--quiet", station.Direct("alice", name), "main");
            await git.RunAsync("clone", "--quiet", station.Through("bob", name), "before");
            await station.Primary.GrantAsync(GitoliteStation.Rights + granted.Replace("bob", "carol", StringComparison.Ordinal));

            // The ticket is live: the node still shows the primary's capabilities, and the primary refuses the next request.
            CommandResult direct = await git.TryAsync("ls-remote", station.Direct("bob", name));
            CommandResult through = await git.TryAsync("ls-remote", station.Through("bob", name));
            Assert.Contains("DENIED", direct.Error, StringComparison.Ordinal);
            Assert.Equal((direct.ExitCode, direct.Error, direct.Output), (through.ExitCode, through.Error, through.Output));
            await SameAsync(git, "fetch", station.Direct("bob", name), station.Through("bob", name), "before");
        }
        finally
        {
            await station.Primary.GrantAsync(GitoliteStation.Rights);
        }
    }

    [Fact]
    public async Task Branches_AreWrittenByWhoMay_OverHttp()
    {
        GitClient git = new(_folder);
        await git.RunAsync("clone", "--quiet", station.Through("bob"), "bob");
        await git.In("bob").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Bob's");
        await git.In("bob").RunAsync("push", "--quiet", "origin", "HEAD:refs/heads/topic/http");
        CommandResult refused = await git.In("bob").TryAsync("push", station.Through("bob"), "HEAD:refs/heads/main");
        CommandResult direct = await git.In("bob").TryAsync("push", station.Direct("bob"), "HEAD:refs/heads/main");
        Assert.Equal(direct.ExitCode, refused.ExitCode);
        Assert.Contains("hook declined", refused.Error, StringComparison.Ordinal);
        string pushed = await git.In("bob").ReadAsync("rev-parse", "HEAD");
        Assert.Equal(
            $"{pushed}\trefs/heads/topic/http",
            await git.ReadAsync("ls-remote", station.Through("alice"), "refs/heads/topic/http")
        );
    }

    [Fact]
    public async Task Users_AreThePrimarys_OverSsh()
    {
        using var keys = new TempFolder();
        SshKey bobsKey = await SshKey.CreateAsync(keys["bob"]),
            mallorysKey = await SshKey.CreateAsync(keys["mallory"]);
        station.Primary.Admit("bob", bobsKey);
        station.Primary.Admit("mallory", mallorysKey);
        string through = $"ssh://{SshdPrimary.User}@{station.Node.Ssh}/{GitoliteStation.Repository}";
        string direct = $"ssh://{SshdPrimary.User}@127.0.0.1:{station.Primary.Sshd.Port}/{GitoliteStation.Repository}";

        using SshAgent bobsAgent = await SshAgent.StartAsync(_folder, bobsKey);
        GitClient bob = As(bobsAgent);
        await bob.RunAsync("clone", "--quiet", through, "bob");
        await bob.In("bob").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Bob's");
        await bob.In("bob").RunAsync("push", "--quiet", "origin", "HEAD:refs/heads/topic/ssh");
        CommandResult refused = await bob.In("bob").TryAsync("push", "origin", "HEAD:refs/heads/main");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("hook declined", refused.Error, StringComparison.Ordinal);

        using SshAgent mallorysAgent = await SshAgent.StartAsync(_folder, mallorysKey);
        CommandResult no = await As(mallorysAgent).TryAsync("ls-remote", through);
        CommandResult directNo = await As(mallorysAgent, station.Primary.Sshd.KnownHostsFile).TryAsync("ls-remote", direct);
        Assert.Equal(directNo.ExitCode, no.ExitCode);
        Assert.Contains("DENIED", no.Error, StringComparison.Ordinal);
    }

    private GitClient As(SshAgent agent, string? knownHosts = null)
    {
        var user = new SshUser { KnownHosts = knownHosts ?? station.Folder["known_hosts"], Agent = agent };
        return new GitClient(_folder) with { Variables = user.Variables };
    }

    /// <summary>The same text and exit code from both, twice: the first time changes nothing for the second.</summary>
    private static async Task SameAsync(GitClient git, string verb, string directUrl, string throughUrl, string? within = null)
    {
        GitClient client = within is null ? git : git.In(within);
        CommandResult direct = await client.TryAsync(verb, directUrl);
        Assert.NotEqual(0, direct.ExitCode);
        for (int i = 0; i < 2; i++)
        {
            CommandResult through = await client.TryAsync(verb, throughUrl);
            Assert.Equal((direct.ExitCode, direct.Error, direct.Output), (through.ExitCode, through.Error, through.Output));
        }
    }
}
