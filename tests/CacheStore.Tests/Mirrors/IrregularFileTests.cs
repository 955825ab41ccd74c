using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Scrubbing;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>A FIFO in the place of a file is damage: no reader waits for a writer that never comes.</summary>
public sealed class IrregularFileTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("record")]
    [InlineData("stamps")]
    [InlineData("tip-stamps")]
    [InlineData("git/packed-refs")]
    [InlineData("git/HEAD")]
    [InlineData("git/config")]
    [InlineData("git/objects/pack/*.pack")]
    [InlineData("git/objects/pack/*.idx")]
    [InlineData("git/objects/pack/multi-pack-index")]
    [InlineData("git/objects/info/commit-graph")]
    public async Task FifoInAMirror_HangsNobody(string file)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        await bench.Upkeep.RunAsync(mirror, default);
        string path = Directory.GetFiles(Path.Combine(mirror.Folder, Path.GetDirectoryName(file)!), Path.GetFileName(file)).First();
        await Task.Run(async () =>
            {
                bench.Restart(() => MakeFifo(path));
                if (bench.Mirrors.Find(MirrorBench.Widgets) is { } again)
                {
                    again.TryRead()?.Dispose();
                    await bench.Upkeep.RunAsync(again, default);
                    again.TryRead()?.Dispose();
                    Assert.NotEmpty(again.Refs.Tips);
                }
            })
            .WaitAsync(s_patience);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("layout")]
    public async Task FifoInTheDataFolder_HangsNoStart(string file)
    {
        using var folder = new TempFolder();
        new DataFolder(folder["data"], TimeProvider.System).Dispose();
        MakeFifo(Path.Combine(folder["data"], file));
        await Task.Run(() => new DataFolder(folder["data"], TimeProvider.System).Dispose()).WaitAsync(s_patience);
    }

    [Fact]
    public async Task FifoForAJournal_IsAsIfItWereNotThere()
    {
        using var folder = new TempFolder();
        using var data = new DataFolder(folder["data"], TimeProvider.System);
        MakeFifo(Path.Combine(folder["data"], "some.json"));
        Assert.Null(
            await Task.Run(() => new Journal<ScrubPlace>(data, "some.json", ScrubJson.Default.ScrubPlace).Read()).WaitAsync(s_patience)
        );
    }

    private static void MakeFifo(string path)
    {
        File.Delete(path);
        new Command("mkfifo", path).MustRunAsync().GetAwaiter().GetResult();
    }
}
