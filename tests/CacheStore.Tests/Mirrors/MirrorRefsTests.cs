using System.Text;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class MirrorRefsTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string PackedRefs => _temp["packed-refs"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Read_GivesWhatWasWritten()
    {
        var refs = new MirrorRefs([
            Tip("refs/tags/v1", 3, peeled: 4),
            Tip("HEAD", 1),
            Tip("refs/heads/main", 1),
            Tip("refs/heads/a-b", 2),
            Tip("refs/heads/a/b", 5),
            Tip("refs/pull/1/head", 6),
            Tip("refs/heads/\u00fc", 7),
        ]);
        refs.Write(PackedRefs, _temp["new"]);
        Assert.Equal(refs.Tips, MirrorRefs.Read(PackedRefs).Tips);
        Assert.False(File.Exists(_temp["new"]));
    }

    [Fact]
    public void Read_GivesNone_WhereThereIsNoFile() => Assert.Empty(MirrorRefs.Read(PackedRefs).Tips);

    [Fact]
    public async Task Git_ReadsTheSame()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("other/branch");
        await bench.Source.RunAsync("tag", "--annotate", "--message=mark", "v1", "refs/heads/main");
        await bench.Source.RunAsync("tag", "light", "refs/heads/main~1");
        Mirror mirror = await bench.MakeAsync();
        string[] list = ["for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/heads", "refs/tags"];
        Assert.Equal(await bench.Source.ReadAsync(list), await bench.ExamineAsync(mirror, list));
        await bench.ExamineAsync(mirror, "fsck", "--strict", "--no-dangling");
    }

    /// <summary>Names that git does not accept, or that lead out of the file, are left out: a primary may name refs as it likes.</summary>
    [Theory]
    [InlineData("refs/heads/a b")]
    [InlineData("refs/heads/../x")]
    [InlineData("refs/heads/x.lock")]
    [InlineData("refs/heads/x\nrefs/heads/y")]
    [InlineData("refs/heads/")]
    [InlineData("main")]
    [InlineData("config")]
    [InlineData("")]
    public void BadNames_AreLeftOut(string name)
    {
        var refs = new MirrorRefs([Tip("refs/heads/main", 1), Tip(name, 2)]);
        Assert.Equal(["refs/heads/main"], refs.Tips.Select(static tip => tip.Name));
    }

    [Fact]
    public void Names_AreKeptByteForByte()
    {
        string name = "refs/heads/" + Encoding.Latin1.GetString("gr\u00fc\u00dfe"u8);
        new MirrorRefs([Tip(name, 1)]).Write(PackedRefs, _temp["new"]);
        Assert.True(File.ReadAllBytes(PackedRefs).AsSpan().IndexOf("refs/heads/gr\u00fc\u00dfe\n"u8) > 0);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(150)]
    [InlineData(-1)]
    public void Read_Fails_WhereTheFileIsNotWhatWasWritten(int cut)
    {
        new MirrorRefs([Tip("refs/heads/main", 1), Tip("refs/tags/v1", 3, peeled: 4)]).Write(PackedRefs, _temp["new"]);
        byte[] bytes = File.ReadAllBytes(PackedRefs);
        File.WriteAllBytes(PackedRefs, cut < 0 ? bytes[..^1] : bytes[..cut]);
        Assert.Throws<InvalidDataException>(() => MirrorRefs.Read(PackedRefs));
        bytes[^20] ^= 1;
        File.WriteAllBytes(PackedRefs, bytes);
        Assert.Throws<InvalidDataException>(() => MirrorRefs.Read(PackedRefs));
    }

    /// <summary>A reader first compares the file with the written one, perhaps while it is being written.</summary>
    [Fact]
    public async Task RefsOnDisk_AreThoseOfNow_HoweverManyReadWhileTheyChange()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        MirrorRefs one = mirror.Refs,
            two = new([.. one.Tips, new RefTip("refs/heads/more", one.Tips.First().Id, null, null)]);
        using var stop = new CancellationTokenSource();
        Task[] readers =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        while (!stop.IsCancellationRequested)
                        {
                            mirror.TryRead()?.Dispose();
                        }
                    })
                ),
        ];
        string file = Path.Combine(mirror.Repository, "packed-refs");
        for (int change = 0; change < 200; change++)
        {
            MirrorRefs next = change % 2 == 0 ? two : one;
            mirror.SetRefs(next, mayOrphan: false);
            Assert.Equal(next.Tips, MirrorRefs.Read(file).Tips);
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Equal(mirror.Refs.Tips, MirrorRefs.Read(file).Tips);
    }

    /// <summary>A sync asks git before anybody reads the mirror.</summary>
    [Fact]
    public async Task RefsOnDisk_AreWrittenAnew_BeforeGitIsAsked()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        string file = Path.Combine(mirror.Repository, "packed-refs"),
            head = Path.Combine(mirror.Repository, "HEAD");
        File.WriteAllText(file, "nonsense\n");
        File.Delete(head);
        Assert.Same(mirror, bench.Mirrors.Find(mirror.Name));
        Assert.Single(await bench.Objects.KindsAsync(mirror, [mirror.Refs.Tips.First().Id], CancellationToken.None));
        Assert.Equal(mirror.Refs.Tips, MirrorRefs.Read(file).Tips);
        Assert.Equal("ref: refs/heads/main\n", File.ReadAllText(head));
    }

    [Fact]
    public async Task RefsOnDisk_AreWrittenAnew_WhereSomebodyChangedThem()
    {
        using MirrorBench bench = await MirrorBench.OpenAsync();
        Mirror mirror = await bench.MakeAsync();
        string file = Path.Combine(mirror.Repository, "packed-refs");
        File.WriteAllText(file, "");
        mirror.TryRead()!.Dispose();
        Assert.Equal(mirror.Refs.Tips, MirrorRefs.Read(file).Tips);
    }

    private static RefTip Tip(string name, int id, int? peeled = null) =>
        new(name, Store.IdOf(id), peeled is { } to ? Store.IdOf(to) : (ObjectId?)null, null);
}
