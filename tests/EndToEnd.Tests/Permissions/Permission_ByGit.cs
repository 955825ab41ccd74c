using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Permissions;

/// <summary>The node refuses a client without permission in the primary's words, however warm its cache is.</summary>
public sealed class Permission_ByGit(Station station) : IClassFixture<Station>, IDisposable
{
    private static readonly History s_plans = new(Seed: 31);

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("mallory", "mallory-secret", 2)]
    [InlineData("alice", "wrong", 2)]
    [InlineData("nobody", "nothing", 2)]
    [InlineData("", "", 2)]
    [InlineData("mallory", "mallory-secret", 0)]
    [InlineData("alice", "wrong", 0)]
    [InlineData("", "", 0)]
    public async Task Permission_IsRefusedAsDirect_WhenTheCacheIsWarm(string user, string password, int protocolVersion)
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new GitClient(_folder).Speaking(protocolVersion);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "alice");
        foreach (
            string[] command in (string[][])
                [
                    ["ls-remote"],
                    ["clone", "--quiet"],
                    ["clone", "--quiet", "--depth", "1"],
                ]
        )
        {
            CommandResult direct = await client.TryAsync([.. command, UrlAs(station.Primary.Url, repository, user, password)]);
            CommandResult through = await client.TryAsync([.. command, UrlAs(station.Node.Url, repository, user, password)]);
            Assert.Equal(128, direct.ExitCode);
            Assert.Equal(direct.ExitCode, through.ExitCode);
            Assert.Equal(WithoutHost(direct, station.Primary.Url), WithoutHost(through, station.Node.Url));
        }
    }

    [Fact]
    public async Task Permission_EndsAtOnce_WhenThePasswordIsRevoked()
    {
        PrimaryRepository repository = await NewRepositoryAsync();
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "bob").AbsoluteUri, "bob");
        using (station.Primary.Revoke("bob"))
        {
            Assert.Equal(128, (await client.In("bob").TryAsync("fetch")).ExitCode);
            Assert.Equal(128, (await client.TryAsync("clone", station.Node.UrlOf(repository, "bob").AbsoluteUri, "bob2")).ExitCode);
            await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, "alice");
        }

        await client.In("bob").RunAsync("fetch", "--quiet");
    }

    [Fact]
    public async Task Permission_IsAskedForEachRepository_WhenTwoHaveTheSameObjects()
    {
        string name = Guid.NewGuid().ToString("n");
        PrimaryRepository open = await station.Primary.CreateAsync($"public/{name}.git", s_plans);
        PrimaryRepository closed = await station.Primary.CreateAsync($"private/{name}.git", s_plans);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(open).AbsoluteUri, "open");
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(closed, "alice").AbsoluteUri, "closed");
        Assert.Equal(128, (await client.TryAsync("clone", station.Node.UrlOf(closed).AbsoluteUri, "stolen")).ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static string UrlAs(Uri door, PrimaryRepository repository, string user, string password) =>
        new UriBuilder(door.To(repository)) { UserName = user, Password = password }
            .Uri
            .AbsoluteUri;

    private static string WithoutHost(CommandResult result, Uri door) =>
        result.Error.Replace(door.Authority, "HOST", StringComparison.Ordinal);

    private Task<PrimaryRepository> NewRepositoryAsync() => station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_plans);
}
