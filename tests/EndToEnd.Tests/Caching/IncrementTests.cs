using System.Text.RegularExpressions;
using Waystation.EndToEnd.Tests.Warming;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>After a push the next full clone is the kept one and an increment: no more is made, and no more is written.</summary>
public sealed class IncrementTests : IAsyncLifetime
{
    private const string Hit = "waystation; hit";

    private static readonly History s_media = new(Seed: 67) { IncompressibleBytes = 3 << 20 };

    private readonly Station _station = new();

    private string Packs => Path.Combine(_station.Node.DataFolder, "packs");

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task CloneAfterAPush_IsTheKeptOneAndAnIncrement_AlsoAfterAKill()
    {
        PushedRepository pushed = await PushAndWaitAsync();
        FileInfo increment = Assert.Single(Files("*.increment"));
        FileInfo whole = Assert.Single(Files("*.pack"));
        Assert.InRange(increment.Length, 1, 20_000);
        Assert.InRange(whole.Length, 3 << 20, long.MaxValue);
        Assert.Contains(Hit, await CloneAsync(pushed, "after"));

        _station.Node.Kill();
        await _station.Node.StartAgainAsync();
        Assert.Contains(Hit, await CloneAsync(pushed, "restarted"));
        Assert.Equal(1, pushed.Repository.PacksMade);
        await pushed.CompareAsync("compared");
    }

    [Fact]
    public async Task RotInTheBase_IsNoticed_AndThePackIsMadeWhole()
    {
        PushedRepository pushed = await PushAndWaitAsync();
        using (FileStream pack = Assert.Single(Files("*.pack")).OpenWrite())
        {
            pack.Position = pack.Length / 2;
            pack.WriteByte(0x5A);
            pack.WriteByte(0xA5);
        }

        // The answer that meets it is broken off; no client takes it for whole.
        GitClient client = new(_station.Folder);
        Assert.NotEqual(0, (await client.TryAsync("clone", "--quiet", pushed.Url, "broken")).ExitCode);
        await pushed.CompareAsync("mended");
        Assert.Equal(2, pushed.Repository.PacksMade);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_station.Node.DataFolder, "quarantine")));
        Assert.Contains(Hit, await CloneAsync(pushed, "again"));
    }

    [Fact]
    public async Task DeletedBranch_MakesANewBase()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _station.Folder, s_media);
        await pushed.CommitAsync("secret.bin");
        await pushed.PushAsync("HEAD:refs/heads/secret");
        await CloneAsync(pushed, "one");
        await pushed.PushAsync("--delete", "secret");
        await pushed.CompareAsync("two");
        GitClient two = new GitClient(_station.Folder).In("two");
        Assert.NotEqual(0, (await two.TryAsync("cat-file", "-e", await pushed.Alice.ReadAsync("rev-parse", "HEAD"))).ExitCode);
    }

    /// <summary>A repository of which the node has a mirror and a full clone, and the next one was made ahead.</summary>
    private async Task<PushedRepository> PushAndWaitAsync()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _station.Folder, s_media);
        await CloneAsync(pushed, "before");
        await pushed.CommitAsync();
        await pushed.PushAsync("main");
        await Eventually.TrueAsync(
            "the next clone was made ahead",
            () => Regex.IsMatch(_station.Node.Log, $"/{Regex.Escape(pushed.Repository.Name)}: made a pack ahead")
        );
        return pushed;
    }

    private FileInfo[] Files(string pattern) => new DirectoryInfo(Packs).GetFiles(pattern, SearchOption.AllDirectories);

    private async Task<IReadOnlyList<string>> CloneAsync(PushedRepository pushed, string name) =>
        (await new GitClient(_station.Folder).TraceAsync("clone", "--quiet", pushed.Url, name)).CacheStatus;
}
