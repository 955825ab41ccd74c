using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Keys that stand for logins at a primary that the node reaches by HTTP only.</summary>
public sealed class KeyAuthorityTests(KeyAuthorityStation station) : IClassFixture<KeyAuthorityStation>
{
    private readonly SshStation inner = station.Inner;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ListedKey_ClonesFetchesDeepensAndPushes(int version)
    {
        PrimaryRepository repository = await inner.Web.CreateAsync($"private/listed-{version}.git", new History(61));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        // Compared over SSH as well: git follows tags in another way over HTTP.
        GitClient through = alice.Git.Speaking(version), direct = alice.GitAs(alice.User with { KnownHosts = inner.Sshd.KnownHostsFile }).Speaking(version);
        async Task BothAsync(string folder, params string[] arguments)
        {
            await through.In("through" + folder).RunAsync(arguments);
            await direct.In("direct" + folder).RunAsync(arguments);
        }

        await through.RunAsync("clone", "--quiet", inner.AddressOf(repository), "through");
        await direct.RunAsync("clone", "--quiet", inner.DirectAddressOf(repository), "direct");
        await through.RunAsync("clone", "--quiet", "--depth", "2", inner.AddressOf(repository), "through-shallow");
        await direct.RunAsync("clone", "--quiet", "--depth", "2", inner.DirectAddressOf(repository), "direct-shallow");
        await repository.CommitAsync();
        await BothAsync("", "pull", "--quiet");
        await BothAsync("-shallow", "fetch", "--quiet", "--deepen", "3");
        await AssertEqualAsync("");
        await AssertEqualAsync("-shallow");
        await BothAsync("-shallow", "fetch", "--quiet", "--unshallow");
        await AssertEqualAsync("-shallow");
        async Task AssertEqualAsync(string folder) =>
            Assert.Equal(await CloneState.OfAsync(direct.In("direct" + folder)), await CloneState.OfAsync(through.In("through" + folder)));

        GitClient pusher = through.In("through");
        await pusher.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Over HTTP in the end");
        await pusher.RunAsync("push", "--quiet", "origin", "HEAD:main", "HEAD:refs/heads/side");
        Assert.Equal(await pusher.ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("refs/heads/main"));
        await pusher.RunAsync("push", "--quiet", "origin", "--delete", "side");
        Assert.Equal("", (await repository.GitAsync("for-each-ref", "refs/heads/side")).Output);
    }

    [Fact]
    public async Task Push_Arrives_WhateverBranchesAndTheClientAreCalled()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/names.git", new History(65));
        foreach (string name in (string[])["x-object-format=sha256", "push-options", "gone", "refs/object-format=sha256"])
            await repository.GitAsync("branch", name, "main");
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        // What hangs shall not do so for minutes.
        GitClient git = alice.Git with { Timeout = TimeSpan.FromSeconds(30), Variables = new Dictionary<string, string>(alice.Git.Variables) { ["GIT_USER_AGENT"] = "git/push-options" } };
        await git.RunAsync("clone", "--quiet", inner.AddressOf(repository), "clone");
        GitClient pusher = git.In("clone");
        await pusher.RunAsync("push", "--quiet", "origin", "--delete", "gone");
        await pusher.RunAsync("commit", "--quiet", "--allow-empty", "--message", "Under any name");
        await pusher.RunAsync("push", "--quiet", "origin", "HEAD:main", "HEAD:refs/heads/y-object-format=sha256");
        Assert.Equal(await pusher.ReadAsync("rev-parse", "HEAD"), await repository.ResolveAsync("refs/heads/y-object-format=sha256"));
        Assert.Equal("", (await repository.GitAsync("for-each-ref", "refs/heads/gone")).Output);
    }

    [Fact]
    public async Task ForeignFetchOfV0_IsCarriedThrough_WhateverTheClientIsCalled()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/agent.git", new History(66));
        await repository.CommitAsync(path: "sparse", content: "/src/part1/\n");
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        GitClient git = alice.Git.Speaking(0) with { Timeout = TimeSpan.FromSeconds(30), Variables = new Dictionary<string, string>(alice.Git.Variables) { ["GIT_USER_AGENT"] = "git/deepen" } };
        await git.RunAsync("clone", "--quiet", "--bare", "--filter=sparse:oid=main:sparse", inner.AddressOf(repository), "clone");
        Assert.Equal(await repository.ResolveAsync("refs/heads/main"), await git.In("clone").ReadAsync("rev-parse", "main"));
    }

    [Fact]
    public async Task UserWhomThePrimaryRefuses_GetsNothingOfAWarmCache()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/warm.git", new History(62));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        await alice.Git.RunAsync("clone", "--quiet", inner.AddressOf(repository), "clone");
        using SshPerson mallory = inner.PersonWithoutAgent(inner.Mallory);

        CommandResult clone = await mallory.Git.TryAsync("clone", inner.AddressOf(repository), "clone");

        Assert.NotEqual(0, clone.ExitCode);
        Assert.Contains("the primary does not allow you that", clone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PushByWhoMayNot_IsRefusedByThePrimary()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/not-yours.git", new History(63));
        using SshPerson bob = inner.PersonWithoutAgent(inner.Bob);
        await bob.Git.RunAsync("clone", "--quiet", inner.AddressOf(repository), "clone");
        await bob.Git.In("clone").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Mine");

        CommandResult push = await bob.Git.In("clone").TryAsync("push");

        Assert.NotEqual(0, push.ExitCode);
        Assert.Contains("the primary does not", push.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnlistedKey_IsRefused_AndTheClientOffersItsNext()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/next.git", new History(64));
        using SshPerson both = await inner.PersonAsync(inner.Stranger, inner.Alice);
        await both.Git.RunAsync("clone", "--quiet", inner.AddressOf(repository), "clone");

        using SshPerson stranger = inner.PersonWithoutAgent(inner.Stranger);
        CommandResult refused = await stranger.Git.TryAsync("clone", inner.AddressOf(repository), "clone");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyThatIsAdded_WorksAtOnce_AndOneTakenOff_SoonNoMore()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/added.git", new History(65));
        SshKey key = await SshKey.CreateAsync(inner.Folder["added"]);
        using SshPerson person = inner.PersonWithoutAgent(key);
        Assert.NotEqual(0, (await person.Git.TryAsync("ls-remote", inner.AddressOf(repository))).ExitCode);

        station.List(key, "alice");
        await person.Git.RunAsync("ls-remote", inner.AddressOf(repository));
        station.Unlist(key);

        await Eventually.TrueAsync("the key is refused", async () => (await person.Git.TryAsync("ls-remote", inner.AddressOf(repository))).ExitCode != 0);
    }

    [Fact]
    public async Task RevokedPassword_EndsWhatTheKeyStoodFor()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/revoked.git", new History(66));
        using SshPerson bob = inner.PersonWithoutAgent(inner.Bob);
        await bob.Git.RunAsync("clone", "--quiet", inner.AddressOf(repository), "before");
        using (inner.Web.Revoke("bob"))
        {
            CommandResult clone = await bob.Git.TryAsync("clone", inner.AddressOf(repository), "after");

            Assert.NotEqual(0, clone.ExitCode);
            Assert.Contains("does not accept the login", clone.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Lfs_IsPointedToThePrimary_WithoutASecret()
    {
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);

        CommandResult answer = await alice.User.Ssh(inner.Node.Ssh, "git-lfs-authenticate private/any.git download").MustRunAsync();

        Assert.Equal($"{{\"href\":\"{inner.Web.Url}private/any.git/info/lfs\"}}", answer.Output);
        CommandResult transfer = await alice.User.Ssh(inner.Node.Ssh, "git-lfs-transfer private/any.git download").RunAsync();
        Assert.Equal(1, transfer.ExitCode);
    }

    [Fact]
    public async Task CloneOverSsh_SharesWithHttp()
    {
        PrimaryRepository repository = await inner.Web.CreateAsync("private/shared.git", new History(67));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        await alice.Git.RunAsync("clone", "--quiet", inner.Node.UrlOf(repository, "bob").AbsoluteUri, "http");

        CommandResult clone = await alice.Git.RunAsync("clone", "--progress", inner.AddressOf(repository), "ssh");

        Assert.Contains("waystation: served from cache", clone.Error, StringComparison.Ordinal);
        Assert.Equal(1, repository.PacksMade);
    }
}
