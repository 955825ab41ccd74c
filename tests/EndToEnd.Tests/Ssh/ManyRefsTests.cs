using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Very many refs over SSH, as over HTTP.</summary>
public sealed class ManyRefsTests(SshStation station) : IClassFixture<SshStation>
{
    [Fact]
    public async Task Refs_AreListedClonedAndFollowed()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("private/many.git", new History(Seed: 96));
        await Caching.ManyRefsTests.AddAsync(repository, 200_000);
        using SshPerson alice = await station.PersonAsync(station.Alice);
        string address = station.AddressOf(repository);
        string[] clone = ["clone", "--quiet", "--bare", "--depth", "1", "--single-branch", address];

        Assert.Equal(await ListAsync(repository), await alice.Git.ReadAsync("ls-remote", address));
        await alice.Git.RunAsync([.. clone, "first"]);
        int packs = repository.PacksMade;
        await alice.Git.RunAsync([.. clone, "second"]);
        Assert.Equal(packs, repository.PacksMade);

        string made = await repository.CommitAsync();
        Assert.Equal($"{made}\trefs/heads/main", await alice.Git.ReadAsync("ls-remote", address, "refs/heads/main"));
        await alice.Git.RunAsync([.. clone, "third"]);
        Assert.Equal(made, await alice.Git.In("third").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(await ListAsync(repository), await alice.Git.ReadAsync("ls-remote", address));
    }

    /// <summary>The refs as the primary's own git lists them.</summary>
    private static async Task<string> ListAsync(PrimaryRepository repository) =>
        (await repository.GitAsync("ls-remote", ".")).Output.TrimEnd('\n');
}
