using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>Repositories that share objects, purges, uploads.</summary>
public sealed class LfsSharingTests
{
    private const int Block = ObjectBench.Block;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Purge_RemovesWhatOnlyThisRepositoryRefersTo(bool restarts)
    {
        await using var bench = new ObjectBench();
        LfsObject onlyA = await bench.StoreAsync(ObjectBench.Noise(100, 1), ObjectBench.A),
            onlyB = await bench.StoreAsync(ObjectBench.Noise(200, 2), ObjectBench.B),
            hit = await bench.StoreAsync(ObjectBench.Noise(400, 3), ObjectBench.A),
            named = await bench.StoreAsync(ObjectBench.Noise(800, 4), ObjectBench.A);
        await bench.Store.TryOpenStored(ObjectBench.B, hit)!.DisposeAsync();
        bench.Store.AddReference(ObjectBench.B, named);
        bench.Store.AddReference(ObjectBench.B, named);
        Assert.Equal((1_300, 1_400), (bench.Store.BytesOf(ObjectBench.A), bench.Store.BytesOf(ObjectBench.B)));
        if (restarts)
        {
            await bench.RestartAsync();
            Assert.Equal((1_300, 1_400), (bench.Store.BytesOf(ObjectBench.A), bench.Store.BytesOf(ObjectBench.B)));
        }

        Assert.Equal((1, 100), bench.Store.RemoveAll(ObjectBench.A));
        if (restarts)
        {
            await bench.RestartAsync();
        }

        Assert.Equal([(ObjectBench.B, 1_400L)], bench.Store.Repositories().Select(static one => (one.Key, one.Value)));
        Assert.False(bench.Store.Contains(onlyA));
        Assert.All([onlyB, hit, named], one => Assert.True(bench.Store.Contains(one)));
        Assert.Equal((0, 1_400), (bench.Store.BytesOf(ObjectBench.A), bench.Store.BytesOf(ObjectBench.B)));
        Assert.Equal((3, 1_400), bench.Store.RemoveAll(ObjectBench.B));
        Assert.Empty(bench.StoredFiles);
        Assert.Equal((0, 0L), (bench.Store.Count, bench.Store.Bytes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ObjectThatComesDuringAPurge_IsKeptForTheOthersOnly(bool isShared)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(2 * Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource purged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LfsReading a = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                await purged.Task;
                await ObjectBench.SourceOf(content)(fill);
            }
        );
        LfsReading? b = isShared ? bench.Store.Open(ObjectBench.B, one, ObjectBench.Never) : null;
        Assert.Equal((0, 0), bench.Store.RemoveAll(ObjectBench.A));
        purged.SetResult();
        Assert.Equal(content, await ObjectBench.ReadAsync(a, size: content.Length));
        if (b is not null)
        {
            Assert.Equal(content, await ObjectBench.ReadAsync(b, size: content.Length));
            await b.DisposeAsync();
        }

        await Eventually.TrueAsync("the fill has ended", () => bench.TemporaryFiles.Length == 0);
        Assert.Equal(isShared, bench.Store.Contains(one));
        Assert.Equal((0, isShared ? 2 * Block : 0), (bench.Store.BytesOf(ObjectBench.A), bench.Store.BytesOf(ObjectBench.B)));
    }

    [Fact]
    public async Task Upload_CountsWhenItIsKept_AndNotBefore()
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise((2 * Block) + 5);
        LfsObject one = ObjectBench.ObjectOf(content);
        using LfsUpload upload = bench.Store.BeginUpload(ObjectBench.A, one);
        Assert.False(upload.TryKeep());
        for (int at = 0; at < content.Length; at += 9_999)
        {
            await upload.WriteAsync(content.AsMemory(at, Math.Min(9_999, content.Length - at)));
        }

        Assert.False(upload.TryKeep());
        Assert.True(await upload.CompleteAsync());
        Assert.False(bench.Store.Contains(one));
        Assert.True(upload.TryKeep());
        Assert.Empty(bench.TemporaryFiles);
        await using LfsReading hit = bench.Store.Open(ObjectBench.B, one, ObjectBench.Never);
        Assert.Equal(content, await ObjectBench.ReadAsync(hit, size: content.Length));
        Assert.Equal(content.Length, bench.Store.BytesOf(ObjectBench.A));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("wrong")]
    [InlineData("dropped")]
    [InlineData("purged")]
    [InlineData("full")]
    public async Task Upload_ThatIsNotTheObject_OrIsNotAccepted_LeavesNothing(string trouble)
    {
        await using var bench = new ObjectBench(reserve: trouble == "full" ? 1L << 60 : 0);
        byte[] content = ObjectBench.Noise(Block + 100);
        LfsObject one = ObjectBench.ObjectOf(content);
        using (LfsUpload upload = bench.Store.BeginUpload(ObjectBench.A, one))
        {
            await upload.WriteAsync(content.AsMemory(0, Block));
            await upload.WriteAsync(trouble == "wrong" ? new byte[100] : content.AsMemory(Block, trouble == "short" ? 99 : 100));
            if (trouble == "long")
            {
                await upload.WriteAsync(new byte[1]);
            }

            Assert.Equal(trouble is "dropped" or "purged", await upload.CompleteAsync());
            if (trouble == "purged")
            {
                bench.Store.RemoveAll(ObjectBench.A);
            }

            if (trouble != "dropped")
            {
                Assert.False(upload.TryKeep());
            }
        }

        Assert.Equal(0, bench.Store.Count);
        Assert.Empty(bench.TemporaryFiles);
        Assert.Empty(bench.StoredFiles);
    }

    [Fact]
    public async Task StoreThatIsOff_KeepsNothing_AndStillPassesObjectsOn()
    {
        await using var bench = new ObjectBench(maxSize: 0);
        Assert.False(bench.Store.IsOn);
        byte[] content = ObjectBench.Noise(7 * Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        await using (LfsReading reading = bench.Store.Open(ObjectBench.A, one, ObjectBench.SourceOf(content)))
        {
            Assert.Equal(content, await ObjectBench.ReadAsync(reading, size: content.Length));
        }

        using LfsUpload upload = bench.Store.BeginUpload(ObjectBench.A, one);
        await upload.WriteAsync(content);
        Assert.False(await upload.CompleteAsync());
        Assert.Equal(0, bench.Store.Count);
    }
}
