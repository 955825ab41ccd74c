using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>
/// Alice sees every ref. Bob does not see <c>topic</c>, which left <c>main</c> at its last commit but one. The mirror has all of it.
/// </summary>
public sealed class ReachabilityCheckerTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;
    private ObjectId _main;
    private ObjectId _topic;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        await _node.Source.RunAsync("update-ref", "refs/heads/topic", "main~1");
        _topic = await _node.CommitAsync("topic");
        _main = await _node.ResolveAsync("main");
        await _node.CloneAsync();
        _node.Primary.Hides = static user => user == "bob" ? "refs/heads/topic" : null;
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task TipThatWasNotShown_IsThePrimarysToGive()
    {
        await AssertForwardedAsync("bob", _topic);
        await AssertLocalAsync("alice", _topic);
    }

    [Fact]
    public async Task CommitThatIsReachableFromWhatWasShown_IsGivenHere() =>
        await AssertLocalAsync("bob", await _node.ResolveAsync("main~3"));

    [Fact]
    public async Task TreeByItsId_IsGivenHereToThoseAloneWhoSeeEveryRef()
    {
        ObjectId tree = await _node.ResolveAsync("main~2^{tree}");
        await AssertLocalAsync("alice", tree);
        await AssertForwardedAsync("bob", tree);
    }

    [Fact]
    public async Task TreeByItsId_IsThePrimarysToGive_WhileTheMirrorHoldsOrphans()
    {
        await _node.Source.RunAsync("update-ref", "refs/heads/main", "main~1");
        Assert.True(await _node.SyncAsync());
        await Eventually.TrueAsync("the mirror's refs have followed", () => _node.Mirror.Refs.Find("refs/heads/main")?.Id != _main);
        Assert.True(_node.Mirror.HoldsOrphans);
        await AssertForwardedAsync("alice", await _node.ResolveAsync("main~2^{tree}"));
        await AssertLocalAsync("alice", await _node.ResolveAsync("main~2"));
    }

    [Fact]
    public async Task EveryCommitOfTheRepository_IsGivenHere_WhereThePrimaryGivesItToAllWhoMayRead() =>
        await AssertLocalAsync("bob", _topic, VisibilityRule.Repository);

    [Fact]
    public async Task HaveThatWasNotShown_IsNotBuiltOn()
    {
        Assert.Equal((FetchOutcome.Local, 3), await _node.ReadAsync("alice", MirrorFixture.Update([_main], _topic)));
        int whole = (await _node.ReadAsync("alice", CoreFixture.Clone(_main))).Objects;
        Assert.Equal((FetchOutcome.Hit, whole), await _node.ReadAsync("bob", CoreFixture.Clone(_main)));
        Assert.Equal(whole, (await _node.ReadAsync("bob", MirrorFixture.Update([_main], _topic))).Objects);
    }

    [Fact]
    public async Task HaveThatTheMirrorDoesNotKnow_IsPassedOver()
    {
        ObjectId parent = await _node.ResolveAsync("main~1");
        Assert.Equal((FetchOutcome.Local, 3), await _node.ReadAsync("bob", MirrorFixture.Update([_main], parent, CoreFixture.Id(77))));
    }

    [Fact]
    public async Task CommitThatAForcePushTookBack_IsGivenWhileTheTicketLives_AndThenIsThePrimarysToGive()
    {
        await AssertLocalAsync("alice", _main);
        await _node.Source.RunAsync("update-ref", "refs/heads/main", "main~1");
        await AssertLocalAsync("alice", _main, depth: 2);
        _node.Time.Turn(TimeSpan.FromSeconds(31));
        await AssertForwardedAsync("alice", _main);
        Assert.True(await _node.SyncAsync());
        await AssertForwardedAsync("alice", _main);
        await _node.Core.Upkeep.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await AssertForwardedAsync("alice", _main);
    }

    private async Task AssertLocalAsync(string user, ObjectId wanted, VisibilityRule rule = VisibilityRule.Advertised, int depth = 1)
    {
        FetchRequest request = MirrorFixture.Shallow(wanted) with { Depth = depth };
        var answer = Assert.IsType<FetchAnswer.Pack>(await _node.FetchAsync(user, request, rule));
        Assert.NotEmpty(await CoreFixture.ReadAsync(answer));
        Assert.Equal(FetchOutcome.Local, answer.Outcome);
    }

    private async Task AssertForwardedAsync(string user, ObjectId wanted)
    {
        var answer = Assert.IsType<FetchAnswer.Forward>(await _node.FetchAsync(user, MirrorFixture.Shallow(wanted)));
        Assert.Equal(ForwardReason.NotVisible, answer.Reason);
    }
}
