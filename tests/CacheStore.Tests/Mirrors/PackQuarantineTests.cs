using System.Buffers;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>A pack comes into a mirror only if it is whole and connected.</summary>
public sealed class PackQuarantineTests : IAsyncLifetime
{
    private MirrorBench _bench = null!;

    public async Task InitializeAsync() => _bench = await MirrorBench.OpenAsync();

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task ThinPack_IsCompletedAndTakenIn(string format)
    {
        using MirrorBench other = await MirrorBench.OpenAsync(format: format);
        Mirror mirror = await other.MakeAsync();
        await other.CommitAsync();
        await other.SyncAsync(mirror);
        await other.AssertSoundAsync(mirror);
        Assert.False(mirror.HoldsOrphans);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-1)]
    [InlineData(-25)]
    public async Task Pack_IsRefused_WhenItBreaksOff(int cut) =>
        await RefusesAsync(pack => cut < 0 ? pack[..(pack.Length + cut)] : pack[..cut]);

    [Fact]
    public async Task Pack_IsRefused_WhenABitIsFlipped() =>
        await RefusesAsync(static pack =>
        {
            pack[pack.Length / 2] ^= 4;
            return pack;
        });

    [Fact]
    public async Task Pack_IsRefused_WhenItIsNone() => await RefusesAsync(static _ => "an error page"u8.ToArray());

    [Fact]
    public async Task Pack_IsRefused_WhenSomethingIsMissingThatItLeadsTo()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId skipped = await _bench.CommitAsync(),
            tip = await _bench.CommitAsync();
        byte[] pack = await _bench.PackAsync([tip], [skipped]);
        await RefusesAsync(mirror, pack, tip);
    }

    [Fact]
    public async Task Pack_IsRefused_WhenABlobIsMissing()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.CommitAsync();
        await RefusesAsync(
            mirror,
            await _bench.PackAsync([tip], mirror.Refs.Tips.Select(static known => known.Id), "--filter=blob:none"),
            tip
        );
    }

    [Fact]
    public async Task Pack_IsRefused_WhenItDoesNotHoldWhatWasWanted()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId sent = await _bench.CommitAsync(),
            wanted = await _bench.CommitAsync();
        await RefusesAsync(mirror, await _bench.PackAsync([sent], mirror.Refs.Tips.Select(static known => known.Id)), wanted);
    }

    [Fact]
    public async Task FirstPack_IsRefused_WhenItIsNotWhole()
    {
        Mirror prepared = await _bench.Mirrors.PrepareAsync(MirrorBench.Widgets, ObjectFormat.Sha1, isOfStrangers: false, default);
        ObjectId tip = await _bench.ResolveAsync("refs/heads/main"),
            parent = await _bench.ResolveAsync("refs/heads/main~1");
        byte[] half = await _bench.PackAsync([tip], [parent]);
        await Assert.ThrowsAsync<GitFailedException>(() => _bench.TakeAsync(prepared, half, [tip], isWhole: true));
        MirrorSet.Discard(prepared);
        Assert.Empty(_bench.Mirrors.All());
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Data.Temporary));
    }

    /// <summary>Until the refs of new objects are known, the mirror may have objects that no client may see.</summary>
    [Fact]
    public async Task Mirror_HoldsOrphans_UntilItIsSettled()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.CommitAsync();
        long changes = mirror.Changes;
        await _bench.TakeAsync(
            mirror,
            await _bench.PackAsync([tip], mirror.Refs.Tips.Select(static known => known.Id)),
            [tip],
            isWhole: false
        );
        Assert.True(mirror.HoldsOrphans);
        Assert.NotEqual(changes, mirror.Changes);
        Assert.False(mirror.HasSettledOrphans);
        _bench.Restart();
        mirror = _bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.True(mirror.HoldsOrphans);
        Assert.True(mirror.HasSettledOrphans);
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.False(mirror.HoldsOrphans);
        Assert.Empty(await _bench.Objects.KindsAsync(mirror, [tip], default));
        Assert.True(await _bench.Objects.HasWithOrphansAsync(mirror, [tip], default));
    }

    [Fact]
    public async Task Nothing_IsLeft_WhenItIsGivenUpHalfway()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.CommitAsync(bytes: 100_000);
        byte[] pack = await _bench.PackAsync([tip], mirror.Refs.Tips.Select(static known => known.Id));
        using var stopping = new CancellationTokenSource();
        await using (var intake = new PackQuarantine(_bench.Git, _bench.Data, _bench.Mirrors, mirror, isWhole: false, stopping.Token))
        {
            await intake.WriteAsync(new ReadOnlySequence<byte>(pack, 0, pack.Length / 2), default);
            Assert.Equal(pack.Length / 2, intake.Received);
            await stopping.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => intake.CompleteAsync([tip], []));
        }

        await AssertUntouchedAsync(mirror, tip);
    }

    [Fact]
    public async Task Pack_IsRefused_WhenTheDiskHasNoRoomForIt()
    {
        using MirrorBench small = await MirrorBench.OpenAsync(new MirrorOptions { MaxSize = 40 << 20 });
        Mirror mirror = await small.MakeAsync();
        await using var intake = new PackQuarantine(small.Git, small.Data, small.Mirrors, mirror, isWhole: false, default);
        byte[] piece = new byte[9 << 20];
        GitFailedException refusal = await Assert.ThrowsAsync<GitFailedException>(async () =>
        {
            for (int sent = 0; sent < 10; sent++)
            {
                await intake.WriteAsync(new ReadOnlySequence<byte>(piece), default);
            }
        });
        Assert.NotEmpty(refusal.Message);
    }

    private async Task RefusesAsync(Func<byte[], byte[]> spoil)
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.CommitAsync();
        await RefusesAsync(mirror, spoil(await _bench.PackAsync([tip], mirror.Refs.Tips.Select(static known => known.Id))), tip);
    }

    private async Task RefusesAsync(Mirror mirror, byte[] pack, ObjectId wanted)
    {
        await Assert.ThrowsAsync<GitFailedException>(() => _bench.TakeAsync(mirror, pack, [wanted], isWhole: false));
        await AssertUntouchedAsync(mirror, wanted);
    }

    private async Task AssertUntouchedAsync(Mirror mirror, ObjectId wanted)
    {
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Data.Temporary));
        Assert.Empty(await _bench.Objects.KindsAsync(mirror, [wanted], default));
        Assert.Single(MirrorBench.FilesOf(mirror, "*.pack"));
        Assert.False(mirror.HoldsOrphans);
        Assert.True(mirror.Stamps.AllHold());

        // The next pack is taken as ever.
        await _bench.SyncAsync(mirror);
        await _bench.AssertSoundAsync(mirror);
    }
}
