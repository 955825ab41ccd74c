using Waystation.CacheStore.Mirrors;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class MirrorSetTests
{
    private static readonly RepositoryName s_a = new("git.example", "a.git"),
        s_b = new("git.example", "b.git"),
        s_c = new("git.example", "c.git");

    /// <summary>More bytes than an intake wants free beforehand.</summary>
    private const long Limit = 64L << 20;

    [Fact]
    public async Task Room_IsMadeOfTheLongestUnused()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(new MirrorOptions { MaxSize = Limit });
        await bench.CommitAsync(bytes: 40_000);
        Mirror a = await bench.MakeAsync(s_a),
            b = await bench.MakeAsync(s_b);
        long each = a.Bytes;
        Assert.InRange(each, 40_000, 1_000_000);
        a.TryRead()!.Dispose();
        Assert.True(bench.Mirrors.TryMakeRoom(Limit - (2 * each), s_c));
        Assert.Equal(2, bench.Mirrors.All().Count);
        Assert.True(bench.Mirrors.TryMakeRoom(Limit - each, s_c));
        Assert.Same(a, bench.Mirrors.Find(s_a));
        Assert.Null(bench.Mirrors.Find(s_b));
        Assert.False(Directory.Exists(b.Folder));
        Assert.Null(b.TryRead());
    }

    [Fact]
    public async Task Room_IsNotMadeOfTheOneThatGrows_NorWhereItNeverFits()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(new MirrorOptions { MaxSize = Limit });
        Mirror a = await bench.MakeAsync(s_a);
        Assert.False(bench.Mirrors.TryMakeRoom(Limit, s_a));
        Assert.False(bench.Mirrors.TryMakeRoom(Limit + 1, s_c));
        Assert.Same(a, bench.Mirrors.Find(s_a));
    }

    [Fact]
    public async Task Room_IsNotMadeOfAMirrorInUse()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync(new MirrorOptions { MaxSize = Limit });
        await bench.CommitAsync(bytes: 40_000);
        Mirror a = await bench.MakeAsync(s_a),
            b = await bench.MakeAsync(s_b);
        long each = a.Bytes;
        using (MirrorLease lease = a.TryRead()!)
        {
            b.TryRead()!.Dispose();
            Assert.True(bench.Mirrors.TryMakeRoom(Limit - each, s_c));
            Assert.Same(a, bench.Mirrors.Find(s_a));
            Assert.Null(bench.Mirrors.Find(s_b));
            Assert.False(bench.Mirrors.TryMakeRoom(Limit, s_c));
        }

        using (await a.ChangeAsync(CancellationToken.None))
        {
            Assert.False(bench.Mirrors.TryMakeRoom(Limit, s_c));
        }

        Assert.True(bench.Mirrors.TryMakeRoom(Limit, s_c));
        Assert.Null(bench.Mirrors.Find(s_a));
    }

    [Fact]
    public async Task QuarantinedMirror_IsGone_AndAnotherTakesItsPlace()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror first = await bench.MakeAsync(s_a);
        List<RepositoryName> told = [];
        bench.Mirrors.WhenGivenUp(told.Add);
        bench.Mirrors.Quarantine(first, "of a test");
        Assert.Null(bench.Mirrors.Find(s_a));
        Assert.Null(first.TryRead());
        Mirror second = await bench.MakeAsync(s_a);

        // A late finding about the first mirror is not the second's fault.
        bench.Mirrors.Quarantine(first, "of a test, late");
        Assert.Same(second, bench.Mirrors.Find(s_a));
        Assert.Equal([s_a], told);
        await bench.AssertSoundAsync(second);
    }

    [Fact]
    public async Task PublishedMirror_ReplacesTheOneBefore_WhichReadersMayFinish()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror first = await bench.MakeAsync(s_a);
        await bench.CommitAsync();
        Mirror second = await bench.MakeAsync(s_a);
        Assert.NotSame(first, second);
        Assert.Same(second, bench.Mirrors.Find(s_a));
        await bench.AssertSoundAsync(second);
        Assert.Empty(Directory.GetFileSystemEntries(bench.Data.Temporary));
    }

    [Fact]
    public async Task Mirrors_AreThereAgainAfterARestart()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror before = await bench.MakeAsync(s_a);
        await bench.MakeAsync(s_b);
        bench.Restart();
        Mirror after = bench.Mirrors.Find(s_a)!;
        Assert.Equal(before.Refs.Tips, after.Refs.Tips);
        Assert.Equal(before.Bytes, after.Bytes);
        Assert.Equal(2, bench.Mirrors.All().Count);
        await bench.AssertSoundAsync(after);
    }

    [Theory]
    [InlineData("record", "")]
    [InlineData("record", "{}")]
    [InlineData("record", "{\"Host\":\"git.example\",\"Path\":\"b.git\",\"ObjectFormat\":\"sha1\"}")]
    [InlineData("record", "{\"Host\":\"git.example\",\"Path\":\"a.git\",\"ObjectFormat\":\"md5\"}")]
    [InlineData("record", null)]
    [InlineData("git/packed-refs", "nonsense")]
    public async Task WhatDoesNotReadBack_IsDroppedAtTheStart_AndMadeAnew(string file, string? content)
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync(s_a);
        bench.Restart(() =>
        {
            if (content is null)
            {
                File.Delete(Path.Combine(mirror.Folder, file));
            }
            else
            {
                File.WriteAllText(Path.Combine(mirror.Folder, file), content);
            }
        });
        Assert.Empty(bench.Mirrors.All());
        Assert.False(Directory.Exists(mirror.Folder));
        await bench.AssertSoundAsync(await bench.MakeAsync(s_a));
    }

    [Fact]
    public async Task PreparedMirror_IsNobodysUntilItIsPublished()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror prepared = await bench.Mirrors.PrepareAsync(
            s_a,
            Waystation.GitProtocol.Objects.ObjectFormat.Sha256,
            isOfStrangers: false,
            default
        );
        Assert.Null(bench.Mirrors.Find(s_a));
        bench.Restart();
        Assert.Empty(bench.Mirrors.All());
        Assert.False(Directory.Exists(prepared.Folder));
    }
}
