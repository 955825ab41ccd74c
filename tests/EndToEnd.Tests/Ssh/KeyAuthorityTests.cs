using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Keys that stand for logins at a primary that the node reaches by HTTP only.</summary>
public sealed class KeyAuthorityTests(KeyAuthorityStation station) : IClassFixture<KeyAuthorityStation>
{
    private readonly SshStation _inner = station.Inner;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ListedKey_ClonesFetchesDeepensAndPushes(int version)
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync($"private/listed-{version}.git", new History(61));
        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);
        // Compared over SSH as well: git follows tags in another way over HTTP.
        GitClient through = alice.Git.Speaking(version),
            direct = alice.GitAs(alice.User with { KnownHosts = _inner.Sshd.KnownHostsFile }).Speaking(version);
        async Task BothAsync(string folder, params string[] arguments)
        {
            await through.In("through" + folder).RunAsync(arguments);
            await direct.In("direct" + folder).RunAsync(arguments);
        }

        await through.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "through");
        await direct.RunAsync("clone", "--quiet", _inner.DirectAddressOf(repository), "direct");
        await through.RunAsync("clone", "--quiet", "--depth", "2", _inner.AddressOf(repository), "through-shallow");
        await direct.RunAsync("clone", "--quiet", "--depth", "2", _inner.DirectAddressOf(repository), "direct-shallow");
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
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/names.git", new History(65));
        foreach (string name in (string[])["x-object-format=sha256", "push-options", "gone", "refs/object-format=sha256"])
        {
            await repository.GitAsync("branch", name, "main");
        }

        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);
        // A failure must not hang for minutes.
        GitClient git = alice.Git with
        {
            Timeout = TimeSpan.FromSeconds(30),
            Variables = new Dictionary<string, string>(alice.Git.Variables) { ["GIT_USER_AGENT"] = "git/push-options" },
        };
        await git.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "clone");
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
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/agent.git", new History(66));
        await repository.CommitAsync(path: "sparse", content: "/src/part1/\n");
        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);
        GitClient git = alice.Git.Speaking(0) with
        {
            Timeout = TimeSpan.FromSeconds(30),
            Variables = new Dictionary<string, string>(alice.Git.Variables) { ["GIT_USER_AGENT"] = "git/deepen" },
        };
        await git.RunAsync("clone", "--quiet", "--bare", "--filter=sparse:oid=main:sparse", _inner.AddressOf(repository), "clone");
        Assert.Equal(await repository.ResolveAsync("refs/heads/main"), await git.In("clone").ReadAsync("rev-parse", "main"));
    }

    [Fact]
    public async Task UserWhomThePrimaryRefuses_GetsNothingOfAWarmCache()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/warm.git", new History(62));
        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);
        await alice.Git.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "clone");
        using SshPerson mallory = _inner.PersonWithoutAgent(_inner.Mallory);

        CommandResult clone = await mallory.Git.TryAsync("clone", _inner.AddressOf(repository), "clone");

        Assert.NotEqual(0, clone.ExitCode);
        Assert.Contains("the primary does not allow you to do this", clone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PushByWhoMayNot_IsRefusedByThePrimary()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/not-yours.git", new History(63));
        using SshPerson bob = _inner.PersonWithoutAgent(_inner.Bob);
        await bob.Git.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "clone");
        await bob.Git.In("clone").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Mine");

        CommandResult push = await bob.Git.In("clone").TryAsync("push");

        Assert.NotEqual(0, push.ExitCode);
        Assert.Contains("the primary does not", push.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnlistedKey_IsRefused_AndTheClientOffersItsNext()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/next.git", new History(64));
        using SshPerson both = await _inner.PersonAsync(_inner.Stranger, _inner.Alice);
        await both.Git.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "clone");

        using SshPerson stranger = _inner.PersonWithoutAgent(_inner.Stranger);
        CommandResult refused = await stranger.Git.TryAsync("clone", _inner.AddressOf(repository), "clone");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("Permission denied (publickey)", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyThatIsAdded_WorksAtOnce_AndOneTakenOff_SoonNoMore()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/added.git", new History(65));
        SshKey key = await SshKey.CreateAsync(_inner.Folder["added"]);
        using SshPerson person = _inner.PersonWithoutAgent(key);
        Assert.NotEqual(0, (await person.Git.TryAsync("ls-remote", _inner.AddressOf(repository))).ExitCode);

        station.List(key, "alice");
        await person.Git.RunAsync("ls-remote", _inner.AddressOf(repository));
        station.Unlist(key);

        await Eventually.TrueAsync(
            "the key is refused",
            async () => (await person.Git.TryAsync("ls-remote", _inner.AddressOf(repository))).ExitCode != 0
        );
    }

    [Fact]
    public async Task RevokedPassword_EndsWhatTheKeyStoodFor()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/revoked.git", new History(66));
        using SshPerson bob = _inner.PersonWithoutAgent(_inner.Bob);
        await bob.Git.RunAsync("clone", "--quiet", _inner.AddressOf(repository), "before");
        using (_inner.Web.Revoke("bob"))
        {
            CommandResult clone = await bob.Git.TryAsync("clone", _inner.AddressOf(repository), "after");

            Assert.NotEqual(0, clone.ExitCode);
            Assert.Contains("does not accept the login", clone.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Lfs_IsPointedToTheNode_WithoutASecret()
    {
        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);

        CommandResult answer = await alice.User.Ssh(_inner.Node.Ssh, "git-lfs-authenticate private/any.git download").MustRunAsync();

        Assert.Equal($"{{\"href\":\"{_inner.Node.Url}private/any.git/info/lfs\"}}", answer.Output);
        CommandResult transfer = await alice.User.Ssh(_inner.Node.Ssh, "git-lfs-transfer private/any.git download").RunAsync();
        Assert.Equal(1, transfer.ExitCode);
    }

    [Fact]
    public async Task CloneOverSsh_SharesWithHttp()
    {
        PrimaryRepository repository = await _inner.Web.CreateAsync("private/shared.git", new History(67));
        using SshPerson alice = _inner.PersonWithoutAgent(_inner.Alice);
        await alice.Git.RunAsync("clone", "--quiet", _inner.Node.UrlOf(repository, "bob").AbsoluteUri, "http");

        CommandResult clone = await alice.Git.RunAsync("clone", "--progress", _inner.AddressOf(repository), "ssh");

        Assert.Contains("waystation: served from cache", clone.Error, StringComparison.Ordinal);
        Assert.Equal(1, repository.PacksMade);
    }
}
