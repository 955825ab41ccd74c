using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>The same commands straight to the primary's sshd, through the node, and through the node once more: nothing may tell them
/// apart.</summary>
public sealed class SshSameAsDirectTests(SshStation station) : IClassFixture<SshStation>
{
    public static TheoryData<int, string> Clones()
    {
        var data = new TheoryData<int, string> { { 1, "" } };
        foreach (int version in (int[])[0, 2])
        {
            foreach (
                string options in (string[])
                    [
                        "",
                        "--depth 1",
                        "--depth 3 --no-single-branch",
                        "--single-branch --no-tags",
                        "--mirror",
                        "--filter=blob:none --no-checkout",
                        "--shallow-since=2024-01-02T00:00:00Z",
                    ]
            )
            {
                data.Add(version, options);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Clones))]
    public async Task Clone(int version, string options)
    {
        PrimaryRepository repository = await station.Web.CreateAsync(
            $"public/clone{version}{Math.Abs(StringComparer.Ordinal.GetHashCode(options))}.git",
            new History(81)
        );
        using var three = await ThreeClones.CloneAsync(
            station,
            repository,
            version,
            options.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        await three.AssertEqualAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Fetches_AfterTheCloneBecameAMirror(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"public/fetches{version}.git", new History(82) { Commits = 300 });
        using var three = await ThreeClones.CloneAsync(station, repository, version, []);
        foreach (string branch in (string[])["main", "topic/1", "main"])
        {
            await repository.CommitAsync(branch);
            await three.RunAsync("fetch", "--quiet", "--prune");
            await three.AssertEqualAsync();
        }

        // The client's own commits are haves that no server knows; the negotiation has to go beyond them.
        await three.RunAsync("reset", "--quiet", "--hard", "origin/main");
        foreach (int number in Enumerable.Range(1, 40))
        {
            await three.RunAsync("commit", "--quiet", "--allow-empty", "--message", $"Mine {number}", "--date", "2024-05-05T12:00:00Z");
        }

        await repository.CommitAsync();
        await three.RunAsync("fetch", "--quiet");
        await three.AssertEqualRefsAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Deepening(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"public/deepening{version}.git", new History(83));
        using var three = await ThreeClones.CloneAsync(station, repository, version, ["--depth", "2"]);
        await three.RunAsync("fetch", "--quiet", "--deepen", "3");
        await three.AssertEqualAsync();
        await repository.CommitAsync();
        await three.RunAsync("fetch", "--quiet", "--depth", "1");
        await three.AssertEqualAsync();
        await three.RunAsync("fetch", "--quiet", "--unshallow");
        await three.AssertEqualAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Sha256(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync(
            $"public/sha256-{version}.git",
            new History(84),
            objectFormat: "sha256"
        );
        using var three = await ThreeClones.CloneAsync(station, repository, version, []);
        await repository.CommitAsync();
        await three.RunAsync("pull", "--quiet");
        await three.AssertEqualAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task EmptyRepository(int version)
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"public/empty{version}.git");
        using var three = await ThreeClones.CloneAsync(station, repository, version, []);
        await three.RunAsync("ls-remote");
    }

    [Fact]
    public async Task PartialClone_FetchesWhatItLacks()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/partial.git", new History(85));
        using var three = await ThreeClones.CloneAsync(station, repository, version: 2, ["--filter=blob:none", "--no-checkout"]);
        await three.RunAsync("checkout", "--quiet", "main");
        await three.RunAsync("log", "-p", "--format=%H", "main");
        await three.AssertEqualAsync();
    }
}
