using System.Globalization;
using System.Security.Cryptography;
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

    /// <summary>A data folder outlives the program that wrote it, and nodes compare digests.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(7, true)]
    [InlineData(9_000, true)]
    [InlineData(9_000, false)]
    public void FileAndDigest_AreOfTheLinesOfAllRefs_SortedAsInTheFile(int count, bool withHead)
    {
        RefTip[] tips =
        [
            .. Enumerable
                .Range(1, count)
                .Select(static i =>
                    Tip(
                        $"refs/{(i % 3 == 0 ? "tags" : i % 7 == 0 ? "x" : "heads")}/{new string('n', i % 90)}{i}",
                        i,
                        i % 3 == 0 ? i + 1 : null
                    )
                ),
        ];
        Random.Shared.Shuffle(tips);
        var refs = new MirrorRefs(withHead ? [.. tips, Tip("HEAD", 5)] : tips);

        string body = string.Concat(
            (withHead ? tips.Append(Tip("refs/waystation/HEAD", 5)) : tips)
                .OrderBy(static tip => tip.Name, StringComparer.Ordinal)
                .Select(static tip => $"{tip.Id} {tip.Name}\n" + (tip.Peeled is { } peeled ? $"^{peeled}\n" : ""))
        );
        byte[] digest = SHA256.HashData(Encoding.Latin1.GetBytes(body));
        string header = $"# pack-refs with: peeled fully-peeled sorted sha256={Convert.ToHexStringLower(digest)} \n";
        refs.Write(PackedRefs, _temp["new"]);
        Assert.Equal(header + body, File.ReadAllText(PackedRefs, Encoding.Latin1));
        Assert.Equal(digest, refs.ToDigest());
        var read = MirrorRefs.Read(PackedRefs);
        Assert.Equal(refs.Tips, read.Tips);
        Assert.True(read.Tips.IsSorted);
        Assert.All(tips.Take(100), tip => Assert.Equal(tip, read.Find(tip.Name)));
        Assert.Null(read.Find("refs/heads/none"));
        Assert.Null(read.Find("A"));
        Assert.Null(read.Find("refs/z"));
    }

    [Fact]
    public void LastTipOfAName_Counts()
    {
        var refs = new MirrorRefs([Tip("refs/heads/b", 1), Tip("refs/heads/a", 2), Tip("refs/heads/b", 3), Tip("refs/heads/a", 4)]);
        Assert.Equal([Tip("refs/heads/a", 4), Tip("refs/heads/b", 3)], refs.Tips);
    }

    [Fact]
    public void With_GivesWhatADictionaryGives_ForRandomChanges()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            RefTip[] Some() =>
                [
                    .. Enumerable
                        .Range(0, random.Next(40))
                        .Select(_ => Tip(random.Next(20) == 0 ? "HEAD" : $"refs/heads/{random.Next(60)}", random.Next(1, 9))),
                ];
            var before = new MirrorRefs(Some());
            RefTip[] set = Some();
            string[] removed = [.. Some().Select(static tip => tip.Name)];
            var expected = new SortedDictionary<string, RefTip>(StringComparer.Ordinal);
            foreach (RefTip tip in before.Tips.Concat(set))
            {
                expected[tip.Name] = tip;
            }

            foreach (string name in removed)
            {
                expected.Remove(name);
            }

            Assert.Equal(expected.Values, before.With(RefTipList.Of(set), removed).Tips);
        }
    }

    /// <summary>So it stays with a million refs.</summary>
    [Fact]
    public void RefInMemory_TakesFewBytes()
    {
        const int Count = 100_000;
        var refs = new MirrorRefs(Enumerable.Range(0, Count).Select(static i => Tip($"refs/heads/job/{i / 1_000:D3}/{i:D6}", i)));
        Assert.InRange(refs.Tips.Bytes, Count * 21, Count * 36);
        refs.Write(PackedRefs, _temp["new"], isDurable: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var read = MirrorRefs.Read(PackedRefs);
        refs.Write(PackedRefs, _temp["new"], isDurable: false);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 * refs.Tips.Bytes);
        Assert.Equal(Count, read.Tips.Count);
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
            two = new([.. one.Tips, new RefTip("refs/heads/more", one.Tips[0].Id, null, null)]);
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
        Assert.Single(await bench.Objects.KindsAsync(mirror, [mirror.Refs.Tips[0].Id], CancellationToken.None));
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
