using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class RefSnapshotTests
{
    /// <summary>Tags that come after the moment for which an answer was settled are not sent along.</summary>
    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task Answer_HoldsTheTagsOfItsMoment(string format)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(format: format);
        await bench.Source.RunAsync("tag", "--annotate", "--message=early", "early", "refs/heads/main");
        Mirror mirror = await bench.MakeAsync();
        var uploadPack = new UploadPack(bench.Git, bench.Data);
        using (RefSnapshot snapshot = uploadPack.Freeze(mirror, mirror.Refs, new FetchRequest { IncludeTag = true })!)
        {
            await bench.Source.RunAsync("tag", "--annotate", "--message=late", "late", "refs/heads/main");
            await bench.SyncAsync(mirror);
            using MirrorLease lease = mirror.TryRead()!;
            int early = await CountAsync(uploadPack, lease, snapshot),
                objects = int.Parse(await bench.ExamineAsync(mirror, "rev-list", "--objects", "--count", "refs/heads/main"), null);
            Assert.Equal(objects + 1, early);
            using RefSnapshot later = uploadPack.Freeze(mirror, mirror.Refs, new FetchRequest { IncludeTag = true })!;
            Assert.Equal(objects + 2, await CountAsync(uploadPack, lease, later));
        }

        Assert.Empty(Directory.GetFileSystemEntries(bench.Data.Temporary));
        await bench.AssertSoundAsync(mirror);
    }

    [Fact]
    public async Task Answer_IsNotBegun_WithoutTheTagsThatItDependsOn()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        using MirrorLease lease = mirror.TryRead()!;
        var uploadPack = new UploadPack(bench.Git, bench.Data);
        await Assert.ThrowsAsync<ArgumentException>(() =>
            uploadPack.StartAsync(lease, new FetchRequest { IncludeTag = true }, snapshot: null, withOrphans: false, threads: 1, default)
        );
        await Assert.ThrowsAsync<ArgumentException>(() =>
            uploadPack.StartAsync(
                lease,
                new FetchRequest { DeepenRelative = true },
                snapshot: null,
                withOrphans: false,
                threads: 1,
                default
            )
        );
        Assert.Null(uploadPack.Freeze(mirror, mirror.Refs, new FetchRequest()));
    }

    /// <summary>The objects of the pack, by its header.</summary>
    private static async Task<int> CountAsync(UploadPack uploadPack, MirrorLease lease, RefSnapshot snapshot)
    {
        ObjectId main = lease.Mirror.Refs.Find("refs/heads/main")!.Id;
        var request = new FetchRequest
        {
            ObjectFormat = main.Format,
            Wants = [main],
            Pack = PackWhen.AtOnce,
            IncludeTag = true,
        };
        await using GitProcess git = await uploadPack.StartAsync(lease, request, snapshot, withOrphans: false, threads: 1, default);
        using var answer = new MemoryStream();
        await git.Output.CopyToAsync(answer);
        Assert.Equal(0, await git.WaitAsync());
        byte[] bytes = answer.ToArray();
        int pack = bytes.AsSpan().IndexOf("PACK"u8);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(pack + 8));
    }
}
