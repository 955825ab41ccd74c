using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>
/// A commit is made at the primary behind the node's back. The first client that asks for it waits for few processes of git: one that
/// indexes the commit, one that answers all questions in between, and for a shallow clone two that make the pack. A fetch gets the pack
/// that the primary made.
/// </summary>
public sealed class FirstFetchTests : IAsyncLifetime
{
    private const int MostForAFetch = 2,
        MostForAClone = 4;

    private readonly SshStation _station = new();
    private GitStarts? _starts;

    public async Task InitializeAsync()
    {
        _starts = await GitStarts.MakeAsync(_station.Folder);
        await _station.StartAsync(environment: _starts.Environment);
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task FirstClientOverHttp_WaitsForFewProcesses()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync("public/first.git", new History(Seed: 64));
        using var folder = new TempFolder();
        await CompareAsync(new GitClient(folder), repository, _station.Node.UrlOf(repository).AbsoluteUri);
    }

    [Fact]
    public async Task FirstClientOverSsh_WaitsForFewProcesses()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync("private/first.git", new History(Seed: 65));
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        await CompareAsync(alice.Git, repository, _station.AddressOf(repository));
    }

    private async Task CompareAsync(GitClient client, PrimaryRepository repository, string url)
    {
        await client.RunAsync("clone", "--quiet", url, "clone");
        await Eventually.TrueAsync(
            "the mirror is in shape",
            () => _station.Node.Log.Contains("rolled up and indexed", StringComparison.Ordinal)
        );
        int packs = repository.PacksMade;
        for (int commit = 1; commit <= 3; commit++)
        {
            string tip = await repository.CommitAsync();
            await AssertFewAsync(MostForAFetch, client.In("clone"), "fetch", "--quiet");
            Assert.Equal(tip, await client.In("clone").ReadAsync("rev-parse", "refs/remotes/origin/main"));
            tip = await repository.CommitAsync();
            await AssertFewAsync(MostForAClone, client, "clone", "--quiet", "--depth", "1", url, $"shallow{commit}");
            Assert.Equal(tip, await client.In($"shallow{commit}").ReadAsync("rev-parse", "HEAD"));
        }

        Assert.Equal(packs + 6, repository.PacksMade);
        await client.In("clone").RunAsync("fetch", "--quiet");
        await client.In("clone").RunAsync("fsck", "--strict");
        await Eventually.TrueAsync("an answer was made ahead, behind the others", () => _starts!.RanBehind(10, "upload-pack"));
        await Eventually.TrueAsync("upkeep worked behind the answers", () => _starts!.RanBehind(19, "multi-pack-index"));
    }

    private async Task AssertFewAsync(int most, GitClient client, params string[] arguments)
    {
        (DateTimeOffset start, DateTimeOffset firstPackByte) = await GitStarts.TimeAsync(client, arguments);
        IReadOnlyList<string> started = await _starts!.BetweenAsync(start, firstPackByte);
        Assert.True(started.Count > 0 && started.Count <= most, $"{string.Join(' ', arguments)}:\n{string.Join('\n', started)}");
    }
}
