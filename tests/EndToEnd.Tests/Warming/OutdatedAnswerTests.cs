using System.Text.RegularExpressions;
using Waystation.EndToEnd.Tests.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>While an answer is made ahead its branch moves on: nobody will ask for it any more, so git is not kept at it.</summary>
public sealed class OutdatedAnswerTests : IAsyncLifetime
{
    private readonly Station station = new();
    private GitGate? gate;
    private int before;

    private GitGate Gate => gate ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        gate = await GitGate.MakeAsync(station.Folder);
        await station.StartAsync(new NodeSettings { Environment = gate.Environment });
    }

    public Task DisposeAsync() => station.DisposeAsync();

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

        (_, IReadOnlyList<string> served) = await new GitClient(station.Folder).TraceAsync(["clone", "--quiet", "--depth=1", pushed.Url, "late"]);
        Assert.Contains("waystation; hit", served);
        Assert.Equal(await pushed.Alice.ReadAsync("rev-parse", "HEAD"), await new GitClient(station.Folder).In("late").ReadAsync("rev-parse", "HEAD"));
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
        await Eventually.TrueAsync("it is made, and the full clone", () => Made(pushed) == 2);
        await CameAsync(2);
    }

    /// <summary>A repository of which a shallow clone will be asked for first, and a full one then.</summary>
    private async Task<PushedRepository> MakeAsync()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(station, station.Folder, new History(Seed: 73) { Commits = 20 });
        foreach (string name in (string[])["one", "two"])
            await new GitClient(station.Folder).RunAsync("clone", "--quiet", "--depth=1", pushed.Url, name);
        before = Gate.Came.Count;
        return pushed;
    }

    private int Made(PushedRepository pushed) => Regex.Count(station.Node.Log, $"/{Regex.Escape(pushed.Repository.Name)}: made an answer ahead");

    /// <summary>Waits until so many packs were to be made, and no more; the last one's process.</summary>
    private async Task<int> CameAsync(int count)
    {
        await Eventually.TrueAsync("git was to make a pack", () => Gate.Came.Count - before >= count);
        Assert.Equal(count, Gate.Came.Count - before);
        return Gate.Came[^1];
    }
}
