using System.Security.Cryptography;
using System.Text;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs.Prefetch;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Tests.Mirrors;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Lfs;

public sealed class LfsPrefetchTests : IAsyncLifetime
{
    private readonly FakeLfsPrimaries _lfs = new();
    private MirrorFixture _node = null!;

    private LfsStore Store => _node.Core.Lfs;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        _node.Services.Primary = _node.Primary.For("service");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task ObjectsOfTheTips_AreFetched_AndThenOnlyThoseOfNewTips()
    {
        LfsObject first = await CommitAsync("main", "art/one.psd", "one"),
            gone = await CommitAsync("main", "art/two.psd", "two");
        LfsObject second = await CommitAsync("main", "art/two.psd", "two, again"),
            other = await CommitAsync("topic", "art/three.psd", "three");
        await _node.CloneAsync();
        LfsPrefetch prefetch = NewPrefetch();
        Assert.True(prefetch.IsDue(_node.Mirror));
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await StoredAsync(first, second, other);
        Assert.False(Store.Contains(gone));
        Assert.Equal([3], _lfs.Batches);
        Assert.False(prefetch.IsDue(_node.Mirror));

        LfsObject third = await CommitAsync("main", "art/four.psd", "four"),
            tagged = await CommitAsync("main", "art/four.psd", "five");
        await _node.Source.RunAsync("tag", "-a", "-m", "release", "v1", "main");
        await CommitAsync("main", "README", "six", isPointer: false);
        await SyncAsync();
        Assert.True(prefetch.IsDue(_node.Mirror));
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await StoredAsync(tagged);
        Assert.False(Store.Contains(third));
        Assert.Equal([3, 1], _lfs.Batches);
        Assert.Equal(4, _lfs.Downloads.Count);

        // Nothing new: nobody is asked.
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await NewPrefetch().RunAsync(MirrorFixture.Repository, CancellationToken.None);
        Assert.Equal([3, 1], _lfs.Batches);
        Assert.Equal(first.Size + second.Size + other.Size + tagged.Size, Store.BytesOf(MirrorFixture.Repository));
    }

    [Fact]
    public async Task PathsAndSizes_AreAsTheOperatorSays()
    {
        LfsObject wanted = await CommitAsync("main", "art/a.psd", "wanted"),
            excluded = await CommitAsync("main", "art/old/b.psd", "excluded"),
            elsewhere = await CommitAsync("main", "film/c.mov", "elsewhere"),
            large = await CommitAsync("main", "art/d.psd", new string('x', 1_001));
        await _node.CloneAsync();
        LfsPrefetch prefetch = NewPrefetch(
            new PrefetchOptions
            {
                Include = ["art/*"],
                Exclude = ["*/old/*"],
                MaxObjectSize = 1_000,
            }
        );
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await StoredAsync(wanted);
        Assert.All([excluded, elsewhere, large], one => Assert.False(Store.Contains(one)));
        Assert.Equal(1, Store.Count);
    }

    [Fact]
    public async Task ManyObjects_AreAskedForInGroups_AndMissingOnesAreLeft()
    {
        LfsObject[] all = [.. Enumerable.Range(0, 230).Select(number => Offer($"object {number}"))];
        await CommitAllAsync("main", all.Select(static (one, number) => ($"bin/{number}", Pointer(one))));
        _lfs.Objects.TryRemove(all[7], out _);
        await _node.CloneAsync();
        await NewPrefetch().RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await Eventually.TrueAsync("all that there are have come", () => Store.Count == 229);
        Assert.Equal([100, 100, 30], _lfs.Batches);
    }

    [Theory]
    [InlineData(503, true)]
    [InlineData(429, true)]
    [InlineData(404, false)]
    public async Task Trouble_IsTriedAgain_IfItMayPass(int status, bool isTriedAgain)
    {
        LfsObject one = await CommitAsync("main", "a.bin", "one");
        await _node.CloneAsync();
        LfsPrefetch prefetch = NewPrefetch();
        _lfs.IsAway = true;
        await Assert.ThrowsAsync<PrimaryException>(() => prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None));
        _lfs.IsAway = false;
        _lfs.Refusal = new LfsRefusal(status, "no");
        Task run = prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        if (isTriedAgain)
        {
            await Assert.ThrowsAsync<PrimaryException>(() => run);
        }
        else
        {
            await run;
        }

        _lfs.Refusal = null;
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await Eventually.TrueAsync("the object is here, or given up", () => Store.Contains(one) == isTriedAgain);
    }

    [Fact]
    public async Task WithoutPathsOrServiceCredential_NothingIsAsked()
    {
        await CommitAsync("main", "a.bin", "one");
        await _node.CloneAsync();
        foreach (
            PrefetchOptions options in new PrefetchOptions[]
            {
                new() { Include = [] },
                new() { Exclude = ["*"] },
            }
        )
        {
            LfsPrefetch off = NewPrefetch(options);
            Assert.False(off.IsDue(_node.Mirror));
            await off.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        }

        _node.Services.Primary = null;
        LfsPrefetch unserved = NewPrefetch();
        Assert.False(unserved.IsDue(_node.Mirror));
        await unserved.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        Assert.Empty(_lfs.Batches);
    }

    [Fact]
    public async Task Sync_EnqueuesThePrefetch()
    {
        await _node.CloneAsync();
        LfsPrefetch prefetch = NewPrefetch();
        await prefetch.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        using var rounds = new LfsPrefetchRounds(
            prefetch,
            _node.Core.Mirrors,
            _node.Core.Sync,
            _node.Core.Queue,
            new Waystation.FetchCore.Vet.VetOptions(),
            _node.Time
        );
        await CommitAsync("main", "a.bin", "one");
        await SyncAsync();
        Assert.Equal(WorkKind.Prefetch, Assert.Single(_node.Core.Queue.Entries()).Kind);
    }

    private LfsPrefetch NewPrefetch(PrefetchOptions? options = null) =>
        new(
            _node.Core.Mirrors,
            _node.Core.Pointers,
            _node.Core.Objects,
            _node.Services,
            _lfs,
            Store,
            options ?? new PrefetchOptions(),
            _node.Core.WorkMeters
        );

    private Task SyncAsync() => _node.Core.Vet.RunAsync(MirrorFixture.Repository, CancellationToken.None);

    private Task StoredAsync(params LfsObject[] objects) =>
        Eventually.TrueAsync("the objects are stored", () => Array.TrueForAll(objects, Store.Contains));

    /// <summary>An object that the primary has.</summary>
    private LfsObject Offer(string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        var one = new LfsObject(LfsObjectId.FromRaw(SHA256.HashData(bytes)), bytes.Length);
        _lfs.Objects[one] = bytes;
        return one;
    }

    private static string Pointer(LfsObject one) => $"version https://git-lfs.github.com/spec/v1\noid sha256:{one.Id}\nsize {one.Size}\n";

    private async Task<LfsObject> CommitAsync(string branch, string path, string content, bool isPointer = true)
    {
        LfsObject one = Offer(content);
        await CommitAllAsync(branch, [(path, isPointer ? Pointer(one) : content)]);
        return one;
    }

    private async Task CommitAllAsync(string branch, IEnumerable<(string Path, string Content)> files)
    {
        await _node.CommitAsync(branch);
        string script =
            $"commit refs/heads/{branch}\ncommitter Sana <sana@example.com> 1700000000 +0000\ndata 1\nC\nfrom refs/heads/{branch}^0\n"
            + string.Concat(
                files.Select(static file =>
                    $"M 100644 inline {file.Path}\ndata {Encoding.UTF8.GetByteCount(file.Content)}\n{file.Content}\n"
                )
            )
            + "done\n";
        await (
            _node.Source.Git("fast-import", "--quiet", "--done", "--force") with
            {
                Input = stream => stream.WriteAsync(Encoding.UTF8.GetBytes(script)).AsTask(),
            }
        ).MustRunAsync();
    }
}
