using System.Text.RegularExpressions;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>While a pack is made ahead its branch moves on: no client will ask for it any more, so git is stopped.</summary>
public sealed class OutdatedAnswerTests : IAsyncLifetime
{
    private readonly Station _station = new();
    private GitGate? _gate;
    private int _before;

    private GitGate Gate => _gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _gate = await GitGate.MakeAsync(_station.Folder);
        await _station.StartAsync(new NodeSettings { Environment = _gate.Environment });
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Answer_IsGivenUp_WhenItsBranchHasMoved()
    {
        PushedRepository pushed = await MakeAsync();
        Gate.Shut();
        await pushed.CommitAsync();
        await pushed.PushAsync("main");
        int outdated = await CameAsync(1);
        await pushed.CommitAsync();
        await pushed.PushAsync("main");
        await Eventually.TrueAsync("git is not kept at the outdated answer", () => !Directory.Exists($"/proc/{outdated}"));
        await CameAsync(2);
        Gate.Open();
        await Eventually.TrueAsync("the others are made", () => Made(pushed) == 2);

        (_, IReadOnlyList<string> served) = await new GitClient(_station.Folder).TraceAsync([
            "clone",
            "--quiet",
            "--depth=1",
            pushed.Url,
            "late",
        ]);
        Assert.Contains("waystation; hit", served);
        Assert.Equal(
            await pushed.Alice.ReadAsync("rev-parse", "HEAD"),
            await new GitClient(_station.Folder).In("late").ReadAsync("rev-parse", "HEAD")
        );
        Assert.Equal(1, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task Answer_IsGoneOnWith_WhenAnotherBranchHasMoved()
    {
        PushedRepository pushed = await MakeAsync();
        Gate.Shut();
        await pushed.CommitAsync();
        await pushed.PushAsync("main");
        await CameAsync(1);
        await pushed.PushAsync("main:other");
        Gate.Open();
        // The full clone is the earlier one and an increment, which upload-pack does not make.
        await Eventually.TrueAsync("it is made, and the full clone", () => Made(pushed) == 2);
        await CameAsync(1);
    }

    /// <summary>A repository of which a shallow clone will be asked for first, and a full one then.</summary>
    private async Task<PushedRepository> MakeAsync()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _station.Folder, new History(Seed: 73) { Commits = 20 });
        foreach (string name in (string[])["one", "two"])
        {
            await new GitClient(_station.Folder).RunAsync("clone", "--quiet", "--depth=1", pushed.Url, name);
        }

        _before = Gate.Came.Count;
        return pushed;
    }

    private int Made(PushedRepository pushed) =>
        Regex.Count(_station.Node.Log, $"/{Regex.Escape(pushed.Repository.Name)}: made a pack ahead");

    /// <summary>Waits until so many packs were to be made, and no more; the last one's process.</summary>
    private async Task<int> CameAsync(int count)
    {
        await Eventually.TrueAsync("git was to make a pack", () => Gate.Came.Count - _before >= count);
        Assert.Equal(count, Gate.Came.Count - _before);
        return Gate.Came[^1];
    }
}
