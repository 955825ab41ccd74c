using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>A pass over sorted refs says the same as sets of all refs, for any listings.</summary>
public sealed class RefComparisonTests
{
    private static readonly string[][] s_prefixes =
    [
        [],
        ["refs/heads/"],
        ["refs/tags/"],
        ["HEAD", "refs/heads/a"],
        ["refs/heads/a/1", "refs/heads/b", "refs/tags/a"],
        ["refs/"],
        ["H"],
    ];

    [Fact]
    public void Pass_FindsWhatSetsFind_InRandomListings()
    {
        var random = new Random(19);
        for (int round = 0; round < 3_000; round++)
        {
            var refs = new MirrorRefs(SomeTips(random));
            var view = new AccessView([.. Enumerable.Range(0, random.Next(4)).Select(_ => SomeListing(random))]);
            foreach (bool peeledOnly in (bool[])[false, true])
            {
                RefTip[] shown = [.. Shown(view, peeledOnly)];
                Assert.Equal(shown.OrderBy(static tip => tip.Name, StringComparer.Ordinal), Read(view, peeledOnly));
                Compare(refs, view, shown, peeledOnly);
            }

            Assert.Equal(Shown(view, peeledOnly: false), view.Tips());
            Assert.Equal(view.Tips().Select(static tip => tip.Id), view.TipIds());
            ObjectId[] ids = [.. Enumerable.Range(0, random.Next(5)).Select(_ => CoreFixture.Id(random.Next(1, 40)))];
            Assert.Equal(ids.Except(refs.Tips.Select(static tip => tip.Id)).Order(), TipSearch.NotTips(refs.Tips, ids).Order());
        }
    }

    [Fact]
    public void UnseenRefs_AreThoseThatSetsGive_InRandomListings()
    {
        var random = new Random(20);
        for (int round = 0; round < 200; round++)
        {
            var time = new ManualTime();
            var memory = TimeSpan.FromMinutes(10);
            var unseen = new UnseenRefs(time, memory);
            Dictionary<string, long> since = [];
            var refs = new MirrorRefs(SomeTips(random));
            for (int look = 0; look < 20; look++)
            {
                refs = random.Next(3) == 0 ? new MirrorRefs(SomeTips(random)) : refs;
                var view = new AccessView([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => SomeListing(random))]);
                List<string> expected = See(refs, view, time, memory, ref since);
                Assert.Equal(expected, unseen.See(refs, view, out bool showsAll));
                Assert.Equal(since.Count, unseen.Count);
                Assert.Equal(since.Count == 0, showsAll);
                time.Turn(TimeSpan.FromMinutes(random.Next(8)));
            }
        }
    }

    /// <summary>Of 200,000 refs, so that garbage for each of them would show.</summary>
    [Fact]
    public void Pass_MakesNoObject_ForARefThatIsTheSame()
    {
        const int Count = 200_000;
        RefTip[] tips =
        [
            .. Enumerable.Range(0, Count).Select(static i => new RefTip($"refs/heads/{i:D6}", CoreFixture.Id(i + 1), null, null)),
        ];
        var refs = new MirrorRefs(tips);
        tips[100] = tips[100] with { Id = CoreFixture.Id(7) };
        RefListing listing = new(LsRefsRequest.All(ObjectFormat.Sha1), RefTipList.Of(tips)),
            branch =
                new(
                    new LsRefsRequest { ObjectFormat = ObjectFormat.Sha1, RefPrefixes = ["refs/heads/000200"] },
                    RefTipList.Of(tips[200..201])
                );
        AccessView view = new([listing]),
            both = new([branch, listing]);
        var unseen = new UnseenRefs(TimeProvider.System, TimeSpan.FromMinutes(10));
        ObjectId[] ids = [CoreFixture.Id(5), CoreFixture.Id(-1 + Count)];

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(1, MovedCount(refs, view));
        Assert.Equal(1, MovedCount(refs, both));
        Assert.Empty(unseen.See(refs, view, out _));
        Assert.Empty(TipSearch.NotTips(refs.Tips, ids));
        Assert.Equal(Count, both.TipIds().Count());
        Assert.True(refs.Tips.TagsDigest().AsSpan().SequenceEqual(view.TagsDigest()));
        Assert.NotNull(refs.Find("refs/heads/150000"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Count / 4);
    }

    private static int MovedCount(MirrorRefs refs, AccessView view)
    {
        int moved = 0;
        for (var both = new RefComparison(refs.Tips, view, peeledOnly: false); both.MoveNext(); )
        {
            moved += both.IsMoved ? 1 : 0;
        }

        return moved;
    }

    private static void Compare(MirrorRefs refs, AccessView view, RefTip[] shown, bool peeledOnly)
    {
        List<string> ours = [],
            theirs = [];
        List<RefTip> moved = [];
        for (var both = new RefComparison(refs.Tips, view, peeledOnly); both.MoveNext(); )
        {
            if (!both.IsTheirs)
            {
                ours.Add(both.Ours.Tip.Name);
            }
            else if (!both.IsOurs)
            {
                theirs.Add(both.Theirs.Tip.Name);
            }

            if (both.IsMoved)
            {
                moved.Add(both.Theirs.Tip);
            }
        }

        string[] names = [.. shown.Select(static tip => tip.Name)];
        Assert.Equal(refs.Tips.Select(static tip => tip.Name).Where(name => !names.Contains(name)), ours);
        Assert.Equal(names.Where(name => refs.Find(name) is null).Order(StringComparer.Ordinal), theirs);
        Assert.Equal(shown.Where(tip => refs.Find(tip.Name)?.Id != tip.Id).OrderBy(static tip => tip.Name, StringComparer.Ordinal), moved);
    }

    private static List<RefTip> Read(AccessView view, bool peeledOnly)
    {
        List<RefTip> tips = [];
        for (var reader = new ViewReader(view, peeledOnly); reader.MoveNext(); )
        {
            tips.Add(reader.Tip.Tip);
        }

        return tips;
    }

    /// <summary>A ref counts as the newest listing that covers it shows it.</summary>
    private static IEnumerable<RefTip> Shown(AccessView view, bool peeledOnly)
    {
        for (int i = 0; i < view.Listings.Count; i++)
        {
            foreach (RefTip tip in peeledOnly && !view.Listings[i].Asked.Peel ? [] : view.Listings[i].Tips)
            {
                if (!view.Listings.Take(i).Any(newer => newer.Asked.Covers(tip.Name)))
                {
                    yield return tip;
                }
            }
        }
    }

    private static List<string> See(MirrorRefs refs, AccessView view, ManualTime time, TimeSpan memory, ref Dictionary<string, long> since)
    {
        HashSet<string> shown = [.. Shown(view, peeledOnly: true).Select(static tip => tip.Name)];
        List<string> forgotten = [];
        Dictionary<string, long> still = [];
        foreach (string name in refs.Tips.Select(static tip => tip.Name).Where(name => !shown.Contains(name)))
        {
            bool isKnown = since.TryGetValue(name, out long at);
            if (isKnown || view.Covers(name))
            {
                still.Add(name, isKnown ? at : time.GetTimestamp());
            }

            if (isKnown && view.Covers(name) && time.GetElapsedTime(at) >= memory)
            {
                forgotten.Add(name);
            }
        }

        since = still;
        return forgotten;
    }

    /// <summary>Mostly sorted, as git lists refs, and at times with refs that were not asked for, or twice.</summary>
    private static RefListing SomeListing(Random random)
    {
        string[] prefixes = s_prefixes[random.Next(s_prefixes.Length)];
        var asked = new LsRefsRequest
        {
            ObjectFormat = ObjectFormat.Sha1,
            Peel = random.Next(3) > 0,
            RefPrefixes = prefixes,
        };
        RefTip[] tips = [.. SomeTips(random).Where(tip => asked.Covers(tip.Name) || random.Next(20) == 0)];
        if (random.Next(3) == 0)
        {
            return new RefListing(asked, tips);
        }

        RefTip[] sorted = [.. tips.DistinctBy(static tip => tip.Name).OrderBy(static tip => tip.Name, StringComparer.Ordinal)];
        return new RefListing(asked, random.Next(3) == 0 ? sorted : RefTipList.Of(sorted));
    }

    private static RefTip[] SomeTips(Random random) =>
        [
            .. Enumerable
                .Range(0, random.Next(30))
                .Select(_ =>
                {
                    string name =
                        random.Next(15) == 0
                            ? "HEAD"
                            : $"refs/{(random.Next(3) == 0 ? "tags" : "heads")}/{"ab\u00fc"[random.Next(3)]}/{random.Next(12)}";
                    int id = random.Next(1, 30);
                    return new RefTip(
                        name,
                        CoreFixture.Id(id),
                        id % 5 == 0 ? CoreFixture.Id(id + 100) : null,
                        name == "HEAD" ? "refs/heads/a" : null
                    );
                }),
        ];
}
