using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

public sealed class ClonePatternsTests
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/tool.git");
    private static readonly ObjectId s_a = Id('a'),
        s_b = Id('b'),
        s_c = Id('c'),
        s_tag = Id('d'),
        s_new = Id('e');

    private static readonly RefTip[] s_tips =
    [
        new("HEAD", s_a, null, "refs/heads/main"),
        new("refs/heads/main", s_a, null, null),
        new("refs/heads/topic", s_b, null, null),
        new("refs/pull/1", s_c, null, null),
        new("refs/tags/v1", s_tag, s_a, null),
    ];

    private static readonly RefTip[] s_moved =
    [
        new("HEAD", s_new, null, "refs/heads/main"),
        new("refs/heads/fresh", s_c, null, null),
        new("refs/heads/main", s_new, null, null),
        new("refs/heads/topic", s_b, null, null),
        new("refs/pull/1", s_c, null, null),
        new("refs/tags/v1", s_tag, s_a, null),
    ];

    private readonly ManualTime _time = new();
    private readonly ClonePatterns _shapes;

    public ClonePatternsTests() => _shapes = new ClonePatterns(_time);

    [Theory]
    [InlineData("ab d", null, "ebcd")]
    [InlineData("ab", null, "ebc")]
    [InlineData("abcd", null, "ebcd")]
    [InlineData("a", 1, "e")]
    [InlineData("a", null, "e")]
    [InlineData("b", 1, "b")]
    [InlineData("d", null, "d")]
    [InlineData("ab", 1, "ebc")]
    [InlineData("bd", 7, "bd")]
    public void Shape_FollowsTheRefs(string wants, int? depth, string then)
    {
        ClonePattern? shape = ClonePattern.Of(Request(wants, depth), View(s_tips));
        Assert.Equal(Ids(then).Order(), shape?.RequestOf(s_moved)?.Wants.Order());
        Assert.Equal(depth, shape?.Request.Depth);
    }

    [Fact]
    public void AllOfAKind_IsOnlyKnownWhereAllWereShown()
    {
        var some = new AccessView([
            new RefListing(new LsRefsRequest { RefPrefixes = ["refs/heads/topic", "refs/tags/"], Peel = true }, [s_tips[2], s_tips[4]]),
        ]);
        ClonePattern? shape = ClonePattern.Of(Request("bd", null), some);
        Assert.Equal(RefSelectionKind.Named, shape?.Refs.Kind);
    }

    [Fact]
    public void NoShape_HasWhatIsNotATip_OrBuildsOnSomething()
    {
        Assert.Null(ClonePattern.Of(Request("af", null), View(s_tips)));
        Assert.False(ClonePattern.HasShape(Request("a", null) with { Haves = [s_b] }));
        Assert.False(ClonePattern.HasShape(Request("a", null) with { Shallows = [s_b], Depth = int.MaxValue }));
        Assert.False(ClonePattern.HasShape(Request("a", null) with { DeepenSince = 5 }));
    }

    [Fact]
    public void MostAsked_ComesFirst_AndTheLeastAskedMakesRoom()
    {
        for (int depth = 1; depth <= ClonePatterns.MaxPerRepository; depth++)
        {
            Ask(
                "a",
                depth,
                times: depth == 3 ? 5
                    : depth == 1 ? 1
                    : 2
            );
        }

        Assert.Equal(3, Wanted()[0].Request.Depth);
        Ask("a", 99, times: 1);
        Assert.Equal(ClonePatterns.MaxPerRepository, Wanted().Count);
        Assert.DoesNotContain(Wanted(), static shape => shape.Request.Depth == 1);
        Assert.Contains(Wanted(), static shape => shape.Request.Depth == 99);
    }

    [Fact]
    public void WhatNobodyAsksFor_IsSoonNotMadeAnyMore()
    {
        Ask("a", 1, times: 1);
        int made = 0;
        while (Wanted() is [var shape])
        {
            Assert.InRange(++made, 1, 3);
            _shapes.Make(s_repository, shape, Key(shape.RequestOf(s_moved)!));
        }

        Assert.Equal(3, made);

        // Asked for again, under the key under which it was made last.
        _shapes.Count(s_repository, Key(Request("e", 1)), Request("e", 1), View([]));
        Assert.Single(Wanted());
    }

    [Fact]
    public void WhatWasAskedForLongAgo_IsForgotten()
    {
        Ask("a", 1, times: 4);
        _time.Turn(TimeSpan.FromDays(4));
        Assert.Single(Wanted());
        _time.Turn(TimeSpan.FromDays(1));
        Assert.Empty(Wanted());
    }

    [Fact]
    public void ClonesOfEverNewRepositories_MakeNoneForgotten_ThatCameAgain()
    {
        Ask("a", 1, times: 1);
        _time.Turn(TimeSpan.FromSeconds(2));
        Ask("a", 1, times: 1);
        FetchRequest request = Request("a", 1);
        for (int i = 0; i < 10_000; i++)
        {
            var another = new RepositoryName("git.example.com", $"public/{i}.git");
            _shapes.Count(another, PackKey.Of(another, request), request, View(s_tips));
        }

        Assert.Single(Wanted());
    }

    private static FetchRequest Request(string wants, int? depth) =>
        new()
        {
            Wants = Ids(wants),
            Depth = depth,
            Pack = PackWhen.AtOnce,
            OfsDelta = true,
            ThinPack = true,
        };

    private static AccessView View(RefTip[] tips) => new([new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), tips)]);

    private static PackKey Key(FetchRequest request) => PackKey.Of(s_repository, request);

    private static ObjectId[] Ids(string letters) => [.. letters.Where(char.IsLetter).Select(Id)];

    private static ObjectId Id(char digit) => ObjectId.Parse(new string(digit, 40));

    private IReadOnlyList<ClonePattern> Wanted() => _shapes.Wanted(s_repository);

    private void Ask(string wants, int depth, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _shapes.Count(s_repository, Key(Request(wants, depth)), Request(wants, depth), View(s_tips));
        }
    }
}
