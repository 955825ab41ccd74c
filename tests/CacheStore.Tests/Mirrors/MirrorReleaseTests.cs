using Waystation.CacheStore.Mirrors;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>Refs and stamps of a mirror that nobody uses are on the disk only.</summary>
public sealed class MirrorReleaseTests : IAsyncLifetime
{
    private MirrorBench _bench = null!;
    private Mirror _mirror = null!;

    public async Task InitializeAsync()
    {
        _bench = await MirrorBench.OpenAsync();
        _mirror = await _bench.MakeAsync();
        await _bench.Upkeep.RunAsync(_mirror, default);
    }

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task ReleasedMirror_IsReadAgain_AsItWas()
    {
        (MirrorRefs refs, long bytes, int count) = (_mirror.Refs, _mirror.Bytes, _mirror.RefCount);
        Release();
        Assert.Equal((bytes, count), (_mirror.Bytes, _mirror.RefCount));
        Assert.False(_mirror.IsOpen);

        Assert.Same(_mirror, _bench.Mirrors.Find(_mirror.Name));
        Assert.Equal(refs.Tips, _mirror.Refs.Tips);
        _mirror.TryRead()!.Dispose();
        await _bench.CommitAsync();
        await _bench.SyncAsync(_mirror);
        Release();
        await _bench.AssertSoundAsync(_mirror);
    }

    [Fact]
    public async Task MirrorInUse_IsNotReleased_NorOneThatWasLookedForLately()
    {
        _bench.Mirrors.Release(TimeSpan.FromHours(1));
        Assert.True(_mirror.IsOpen);
        using (_mirror.TryRead()!)
        {
            _bench.Mirrors.Release(TimeSpan.Zero);
            Assert.True(_mirror.IsOpen);
        }

        using (await _mirror.ChangeAsync(default))
        {
            _bench.Mirrors.Release(TimeSpan.Zero);
            Assert.True(_mirror.IsOpen);
        }

        Release();
    }

    [Fact]
    public void RefsThatDifferOnTheDisk_AreNotReleased()
    {
        File.WriteAllText(PackedRefs, "nonsense\n");
        _bench.Mirrors.Release(TimeSpan.Zero);
        Assert.True(_mirror.IsOpen);
        _mirror.TryRead()!.Dispose();
        Assert.Equal(_mirror.Refs.Tips, MirrorRefs.Read(PackedRefs).Tips);
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("")]
    [InlineData(null)]
    public void RefsThatWereDamagedOutOfMemory_EndTheMirror(string? content)
    {
        Release();
        File.Delete(PackedRefs);
        if (content is not null)
        {
            File.WriteAllText(PackedRefs, content);
        }

        Assert.Throws<IOException>(() => _mirror.Refs);
        Assert.Null(_bench.Mirrors.Find(_mirror.Name));
        Assert.Empty(_bench.Mirrors.All());
        Assert.Null(_mirror.TryRead());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PackThatWasDamagedUnseen_IsFoundBeforeTheMirrorAnswers(bool whileDown)
    {
        string pack = MirrorBench.FilesOf(_mirror, "*.pack").Single();
        if (whileDown)
        {
            _bench.Restart(() => MirrorBench.Flip(pack));
        }
        else
        {
            Release();
            MirrorBench.Flip(pack);
        }

        List<RepositoryName> asked = [];
        _bench.Mirrors.WhenUpkeepAsked(asked.Add);
        Mirror found = _bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.False(found.NeedsUpkeep);
        Assert.Null(found.TryRead());
        Assert.Equal([MirrorBench.Widgets], asked);
        await _bench.Upkeep.RunAsync(found, default);
        Assert.Null(_bench.Mirrors.Find(MirrorBench.Widgets));
    }

    [Fact]
    public void Start_ReadsTheRecordsOnly()
    {
        long bytes = _mirror.Bytes;
        _bench.Restart();
        Mirror found = Assert.Single(_bench.Mirrors.All());
        Assert.Equal(bytes, found.Bytes);
        Assert.Equal(bytes, _bench.Mirrors.Bytes);
        Assert.False(found.NeedsUpkeep);
        Assert.False(found.IsOpen);
    }

    private string PackedRefs => Path.Combine(_mirror.Repository, "packed-refs");

    private void Release()
    {
        _bench.Mirrors.Release(TimeSpan.Zero);
        Assert.False(_mirror.IsOpen);
    }
}
