using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class UnseenRefsTests
{
    private static readonly AccessView s_nothing = new([new RefListing(LsRefsRequest.All(ObjectFormat.Sha1), [])]);

    private readonly ManualTime _time = new();

    /// <summary>A primary may show a new name on every day of a year.</summary>
    [Fact]
    public void Refs_ThatTheMirrorHasNoMore_AreNotRemembered()
    {
        var unseen = new UnseenRefs(_time, TimeSpan.FromMinutes(10));
        for (int i = 0; i < 1_000; i++)
        {
            Assert.Empty(unseen.See(Refs($"refs/heads/{i}", "refs/heads/topic"), s_nothing, out _));
            Assert.Equal(2, unseen.Count);
        }

        _time.Turn(TimeSpan.FromMinutes(10));
        Assert.Equal(["refs/heads/topic"], unseen.See(Refs("refs/heads/topic", "refs/heads/new"), s_nothing, out _));
        Assert.Empty(unseen.See(Refs(), s_nothing, out _));
        Assert.Equal(0, unseen.Count);
    }

    /// <summary>A listing of branches says nothing about tags.</summary>
    [Fact]
    public void Ref_ThatAListingDoesNotCover_KeepsItsTime()
    {
        var unseen = new UnseenRefs(_time, TimeSpan.FromMinutes(10));
        MirrorRefs refs = Refs("refs/tags/v1");
        Assert.Empty(unseen.See(refs, s_nothing, out _));
        _time.Turn(TimeSpan.FromMinutes(10));
        var branches = new AccessView([
            new RefListing(new LsRefsRequest { ObjectFormat = ObjectFormat.Sha1, RefPrefixes = ["refs/heads/"] }, []),
        ]);
        Assert.Empty(unseen.See(refs, branches, out _));
        Assert.Equal(["refs/tags/v1"], unseen.See(refs, s_nothing, out _));
    }

    private static MirrorRefs Refs(params string[] names) =>
        new(names.Select(static name => new RefTip(name, CoreFixture.Id(1), null, null)));
}
