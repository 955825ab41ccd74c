using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.SameAsDirect;

/// <summary>
/// A repository that is shallow at the primary, and gets its history while its tips stay: each clone, by both doors, is as deep as it would
/// be straight from the primary then.
/// </summary>
public sealed class ShallowPrimaryTests : IAsyncLifetime
{
    private readonly SshStation _station = new();
    private int _clones;

    public Task InitializeAsync() => _station.StartAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Clone_IsAsDeepAsDirect_BeforeAndAfterThePrimaryGetsItsHistory()
    {
        PrimaryRepository whole = await _station.Web.CreateAsync("private/whole.git", new History(Seed: 64)),
            cut = await _station.Web.CreateAsync("private/cut.git");
        await cut.GitAsync(
            "fetch",
            "--quiet",
            "--depth",
            "4",
            "file://" + whole.Folder,
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*"
        );
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        foreach (string when in (string[])["shallow", "whole"])
        {
            if (when == "whole")
            {
                await cut.GitAsync("fetch", "--quiet", "--unshallow", "file://" + whole.Folder);
            }

            await AssertAsDeepAsDirectAsync(alice, cut, versions: [2, 0]);
        }
    }

    /// <summary>
    /// The other direction: the kept packs are of a whole repository. An older client learns from the primary, before it asks for anything,
    /// that the repository is shallow; a newer one learns it from a response, which comes from the primary if a ref has moved.
    /// </summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, true)]
    public async Task Clone_IsAsDeepAsDirect_WhenThePrimaryHasLostItsHistory(int seenIn, bool hasMoved)
    {
        PrimaryRepository repository = await _station.Web.CreateAsync($"private/lost-{seenIn}.git", new History(Seed: 65));
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        await AssertAsDeepAsDirectAsync(alice, repository, versions: [2, 0]);
        await Eventually.TrueAsync(
            "there is a mirror",
            () => Directory.GetDirectories(Path.Combine(_station.Node.DataFolder, "mirrors")).Length > 0
        );
        if (hasMoved)
        {
            await repository.CommitAsync();
        }

        var web = new GitClient(_station.Folder);
        await web.RunAsync("clone", "--quiet", "--bare", "--no-single-branch", "--depth", "4", "file://" + repository.Folder, "cut");
        File.Copy(Path.Combine(_station.Folder["cut"], "shallow"), Path.Combine(repository.Folder, "shallow"));

        await AssertAsDeepAsDirectAsync(alice, repository, versions: [seenIn]);
        await AssertAsDeepAsDirectAsync(alice, repository, versions: [2, 0]);

        File.Delete(Path.Combine(repository.Folder, "shallow"));
        await AssertAsDeepAsDirectAsync(alice, repository, versions: [2, 0]);
    }

    /// <summary>By both doors.</summary>
    private async Task AssertAsDeepAsDirectAsync(SshPerson alice, PrimaryRepository repository, int[] versions)
    {
        var web = new GitClient(_station.Folder);
        (GitClient Git, string Through, GitClient DirectGit, string Direct)[] doors =
        [
            (web, _station.Node.UrlOf(repository, "alice").AbsoluteUri, web, _station.Web.UrlOf(repository, "alice").AbsoluteUri),
            (
                alice.Git,
                _station.AddressOf(repository),
                alice.GitAs(alice.User with { KnownHosts = _station.Sshd.KnownHostsFile }),
                _station.DirectAddressOf(repository)
            ),
        ];
        string[][] forms =
        [
            ["--bare"],
            ["--bare", "--single-branch"],
            ["--bare", "--single-branch", "--branch", "topic/1"],
            ["--bare", "--depth", "6"],
            ["--bare", "--depth", "1"],
        ];
        foreach ((GitClient git, string through, GitClient directGit, string direct) in doors)
        {
            foreach (int version in versions)
            {
                foreach (string[] form in forms)
                {
                    Assert.Equal(await CloneAsync(directGit, version, form, direct), await CloneAsync(git, version, form, through));
                }
            }
        }
    }

    /// <summary>The content of a clone: its commits and its boundary.</summary>
    private async Task<string> CloneAsync(GitClient git, int version, string[] form, string url)
    {
        string name = $"clone{_clones++}";
        await git.Speaking(version).RunAsync(["clone", "--quiet", .. form, url, name]);
        GitClient clone = git.In(name);
        string shallow = Path.Combine(clone.Folder, "shallow");
        await clone.RunAsync("fsck", "--connectivity-only");
        return await clone.ReadAsync("rev-list", "--all", "--count")
            + "\n"
            + (File.Exists(shallow) ? string.Join('\n', File.ReadAllLines(shallow).Order(StringComparer.Ordinal)) : "whole");
    }
}
