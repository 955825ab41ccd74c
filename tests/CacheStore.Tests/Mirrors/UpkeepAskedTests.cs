using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>A change asks for upkeep, and the mirror's record keeps it until upkeep is done, over any end of the node.</summary>
public sealed class UpkeepAskedTests : IAsyncLifetime
{
    private readonly List<RepositoryName> _asked = [];
    private MirrorBench _bench = null!;

    private Mirror Kept => _bench.Mirrors.Find(MirrorBench.Widgets) ?? throw new InvalidOperationException("the mirror has gone");

    public async Task InitializeAsync()
    {
        _bench = await MirrorBench.OpenAsync();
        _bench.Mirrors.WhenUpkeepAsked(_asked.Add);
        await _bench.MakeAsync();
    }

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task NewMirror_Asks_AndUpkeepEndsIt()
    {
        Assert.Contains(MirrorBench.Widgets, _asked);
        Assert.True(Kept.NeedsUpkeep);
        await _bench.Upkeep.RunAsync(Kept, default);
        Assert.False(Kept.NeedsUpkeep);
        _bench.Restart();
        Assert.False(Kept.NeedsUpkeep);
    }

    [Fact]
    public async Task Sync_Asks_AndARestartKnows()
    {
        await KeepUpAsync();
        await _bench.CommitAsync();
        await _bench.SyncAsync(Kept);
        Assert.Contains(MirrorBench.Widgets, _asked);
        Assert.True(Kept.NeedsUpkeep);
        _bench.Restart();
        Assert.True(Kept.NeedsUpkeep);
        await _bench.Upkeep.RunAsync(Kept, default);
        Assert.False(Kept.NeedsUpkeep);
    }

    [Theory]
    [InlineData("HEAD", true)] // the tip's pack has its commit
    [InlineData("refs/heads/other", false)]
    public async Task RefThatMoves_AsksWhereUpkeepDependsOnIt(string name, bool asks)
    {
        RefTip older = Kept.Refs.Find("HEAD")! with { Name = name, Id = await _bench.ResolveAsync("HEAD~2") };
        await KeepUpAsync();
        Kept.SetRefs(new MirrorRefs([.. Kept.Refs.Tips.Where(tip => tip.Name != name), older]), mayOrphan: false);
        Assert.Equal(asks, _asked.Count > 0);
        Assert.Equal(asks, Kept.NeedsUpkeep);
    }

    [Fact]
    public async Task Orphans_Ask()
    {
        await KeepUpAsync();
        Kept.SetRefs(Kept.Refs, mayOrphan: true);
        Assert.True(Kept.NeedsUpkeep);
        Assert.Contains(MirrorBench.Widgets, _asked);
    }

    /// <summary>A sync that comes while upkeep works is not lost.</summary>
    [Fact]
    public async Task ChangeDuringUpkeep_StillAsksAtItsEnd()
    {
        await KeepUpAsync();
        long before = Kept.UpkeepAsked;
        Kept.AskForUpkeep();
        Kept.NoteUpkept(before);
        Assert.True(Kept.NeedsUpkeep);
        Kept.NoteUpkept(Kept.UpkeepAsked);
        Assert.False(Kept.NeedsUpkeep);
    }

    [Fact]
    public async Task PacksThatWaitedForAReader_AskWhenItHasGone()
    {
        await _bench.CommitAsync();
        await _bench.SyncAsync(Kept);
        using (Kept.TryRead())
        {
            Kept.Replaced = ["pack/pack-old.pack"];
            _asked.Clear();
        }

        Assert.Equal([MirrorBench.Widgets], _asked);
    }

    [Fact]
    public async Task RecordOfAnEarlierVersion_AsksOnce()
    {
        await KeepUpAsync();
        _bench.Restart(() =>
        {
            string record = Directory.GetFiles(Path.Combine(_bench.Data.Root, "mirrors"), "record", SearchOption.AllDirectories).Single();
            string text = File.ReadAllText(record);
            int at = text.IndexOf(",\"UpkeptBytes\"", StringComparison.Ordinal);
            File.WriteAllText(record, text[..at] + "}");
        });
        Assert.True(Kept.NeedsUpkeep);
        await KeepUpAsync();
        Assert.False(Kept.NeedsUpkeep);
    }

    private async Task KeepUpAsync()
    {
        await _bench.Upkeep.RunAsync(Kept, default);
        _asked.Clear();
    }
}
