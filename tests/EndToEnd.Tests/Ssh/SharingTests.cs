using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A pack that came over SSH serves HTTP, and the other way round.</summary>
public sealed class SharingTests(SshStation station) : IClassFixture<SshStation>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CloneOverSsh_AfterOneOverHttp_MakesThePrimaryPackNothing(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"private/http-first-{version}.git", new History(31));
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "http");

        CommandResult ssh = await alice.Git.Speaking(version).RunAsync("clone", "--progress", station.AddressOf(repository), "ssh");

        Assert.Equal(1, repository.PacksMade);
        Assert.Contains("waystation: served from cache", ssh.Error, StringComparison.Ordinal);
        Assert.Equal(await StateOfAsync(alice, "http"), await StateOfAsync(alice, "ssh"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task CloneOverHttp_AfterOneOverSsh_MakesThePrimaryPackNothing(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"private/ssh-first-{version}.git", new History(32));
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.Speaking(version).RunAsync("clone", "--quiet", station.AddressOf(repository), "ssh");

        CommandResult http = await alice.Git.RunAsync("clone", "--progress", station.Node.UrlOf(repository, "bob").AbsoluteUri, "http");

        Assert.Equal(1, repository.PacksMade);
        Assert.Contains("waystation: served from cache", http.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CloneOverSsh_AfterAPush_IsTheCloneOverHttpAndAnIncrement()
    {
        PrimaryRepository repository = await station.Web.CreateAsync(
            "private/grown.git",
            new History(34) { IncompressibleBytes = 2 << 20 }
        );
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "http");
        await alice.Git.In("http").RunAsync("commit", "--quiet", "--allow-empty", "--message", "News");
        await alice.Git.In("http").RunAsync("push", "--quiet", "origin", "main");

        CommandResult ssh = await alice.Git.RunAsync("clone", "--progress", station.AddressOf(repository), "ssh");

        Assert.Equal(1, repository.PacksMade);
        Assert.Contains("waystation: ", ssh.Error, StringComparison.Ordinal);
        Assert.Equal(
            await alice.Git.In("http").ReadAsync("rev-parse", "HEAD"),
            await alice.Git.In("ssh").ReadAsync("rev-parse", "origin/main")
        );
        await alice.Git.In("ssh").RunAsync("fsck", "--full", "--strict");
        Assert.Contains(
            Directory.EnumerateFiles(Path.Combine(station.Node.DataFolder, "packs"), "*.increment", SearchOption.AllDirectories),
            static file => new FileInfo(file).Length < 10_000
        );
    }

    [Fact]
    public async Task ShallowClone_AfterAFullOneOverHttp_IsMadeFromTheMirror()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("private/shallow.git", new History(33));
        using SshPerson alice = await station.PersonAsync(station.Alice);
        await alice.Git.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "http");

        foreach (int version in (int[])[2, 1, 0])
        {
            string name = $"shallow{version}";
            await alice.Git.Speaking(version).RunAsync("clone", "--quiet", "--depth", "1", station.AddressOf(repository), name);
            await alice
                .GitAs(alice.User with { KnownHosts = station.Sshd.KnownHostsFile })
                .RunAsync("clone", "--quiet", "--depth", "1", station.DirectAddressOf(repository), name + "-direct");
            Assert.Equal(await StateOfAsync(alice, name + "-direct"), await StateOfAsync(alice, name));
        }

        // One for the clone over HTTP, and the three direct ones.
        Assert.Equal(4, repository.PacksMade);
    }

    private static async Task<CloneState> StateOfAsync(SshPerson person, string clone) => await CloneState.OfAsync(person.Git.In(clone));
}
