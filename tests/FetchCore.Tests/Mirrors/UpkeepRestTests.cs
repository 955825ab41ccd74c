namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>A mirror rests between two upkeeps, and a damaged one does not wait for the end of its rest.</summary>
public sealed class UpkeepRestTests : IAsyncLifetime
{
    private readonly List<TimeSpan> _asked = [];
    private MirrorFixture _node = null!;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenWithMirrorAsync();
        _node.Core.Upkeep.WhenAsked(
            (_, after) =>
            {
                lock (_asked)
                {
                    _asked.Add(after);
                }
            }
        );
        Task upkeep = _node.Core.Upkeep.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        _node.Time.Turn(TimeSpan.FromSeconds(20));
        await upkeep;
        _asked.Clear();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task ChangedMirror_RestsTenTimesAsLongAsItsUpkeepTook()
    {
        await _node.CommitAsync();
        Assert.True(await _node.SyncAsync());
        Assert.Equal(TimeSpan.FromSeconds(200), _asked[0]);
    }

    [Fact]
    public void DamagedMirror_RestsForAMoment()
    {
        Damage();
        Assert.Null(_node.Mirror.TryRead());
        Assert.Equal([TimeSpan.FromSeconds(5)], _asked);
    }

    /// <summary>Nobody reads the mirror meanwhile, so the sync is the first to meet the damage.</summary>
    [Fact]
    public async Task MirrorThatASyncFindsDamaged_RestsForAMoment()
    {
        await _node.CommitAsync();
        Damage();
        Assert.False(await _node.SyncAsync());
        Assert.Equal([TimeSpan.FromSeconds(5)], _asked);
    }

    private void Damage()
    {
        string pack = Directory.GetFiles(_node.ObjectsOfTheMirror, "*.pack", SearchOption.AllDirectories)[0];
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllBytes(pack, []);
    }
}
