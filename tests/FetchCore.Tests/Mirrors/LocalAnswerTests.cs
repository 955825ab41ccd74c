using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>Answers that the mirror makes, and the waiting for them.</summary>
public sealed class LocalAnswerTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;
    private ObjectId _old;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenWithMirrorAsync();
        _old = await _node.ResolveAsync("main");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Fetch_IsMadeHere_AndThePrimaryIsAskedForItsRefsOnce()
    {
        int listings = _node.Primary.Listings;
        Assert.Equal((FetchOutcome.Local, MirrorFixture.ObjectsOfATip), await _node.ReadAsync("bob", MirrorFixture.Shallow(_old)));
        Assert.Equal(FetchOutcome.Hit, (await _node.ReadAsync("bob", MirrorFixture.Shallow(_old))).Outcome);
        Assert.Equal((1, listings + 1), (_node.Primary.Packs, _node.Primary.Listings));
    }

    [Fact]
    public async Task TenWhoFetchWhatTheMirrorLacks_WaitForOneSyncOfJustThat()
    {
        ObjectId tip = await _node.CommitAsync();
        (FetchOutcome Outcome, int Objects)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => _node.ReadAsync($"user {i}", MirrorFixture.Update([tip], _old)))
        );
        Assert.All(answers, static answer => Assert.Equal(3, answer.Objects));
        Assert.DoesNotContain(answers, static answer => answer.Outcome == FetchOutcome.Forward);
        Assert.Equal((1, 1), (_node.Primary.Fetches, _node.Primary.Syncs.Count));
    }

    [Fact]
    public async Task SyncThatHangs_IsWaitedForTenSeconds_AndThenThePrimaryMakesTheAnswer()
    {
        ObjectId tip = await _node.CommitAsync();
        var never = new TaskCompletionSource();
        _node.Primary.SyncGate = never.Task;
        Task<(FetchOutcome Outcome, int Objects)> bob = _node.ReadAsync("bob", MirrorFixture.Shallow(tip));
        await Eventually.TrueAsync("the sync is under way", () => _node.Primary.Syncs.Count == 1);
        _node.Time.Turn(TimeSpan.FromSeconds(9));
        Assert.False(bob.IsCompleted);
        _node.Time.Turn(TimeSpan.FromSeconds(1));
        Assert.Equal((FetchOutcome.Forward, MirrorFixture.ObjectsOfATip), await bob);
        never.SetResult();
    }

    [Fact]
    public async Task RoundOfNegotiation_IsAnsweredHere()
    {
        ObjectId tip = await _node.CommitAsync();
        Assert.True(await _node.SyncAsync());
        FetchRequest round = MirrorFixture.Update([tip], _old) with { Pack = PackWhen.Never };
        var framing = new ResponseFraming { ProtocolVersion = 0, MultiAck = MultiAck.Detailed };
        var answer = Assert.IsType<FetchAnswer.Round>(await _node.FetchAsync("bob", round, framing: framing));
        Assert.Equal([_old], answer.Prologue.Acks);
        Assert.Equal(2, _node.Primary.Packs);
    }

    [Fact]
    public async Task DamagedMirror_ServesNobody_AndThePrimaryMakesTheAnswer()
    {
        string pack = _node.FilesOfTheMirror("*.pack").Single();
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        byte[] bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes);
        Assert.Equal((FetchOutcome.Forward, MirrorFixture.ObjectsOfATip), await _node.ReadAsync("bob", MirrorFixture.Shallow(_old)));
        await _node.Core.Upkeep.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        Assert.Null(_node.Core.Mirrors.Find(MirrorFixture.Repository));
    }

    [Fact]
    public async Task TreeThatIsWantedById_IsSent_ThoughTheClientHasItsCommit()
    {
        ObjectId tree = await _node.ResolveAsync("main^{tree}");
        await _node.Core.Upkeep.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        Assert.NotEmpty(_node.FilesOfTheMirror("*.bitmap"));
        Assert.True(FilterSpec.TryParse("tree:0", out FilterSpec? filter));
        FetchRequest partial = MirrorFixture.Update([tree], _old) with { Filter = filter };
        Assert.Equal((FetchOutcome.Local, 1), await _node.ReadAsync("bob", partial));
    }

    [Fact]
    public async Task TwentyEqualFetches_AreOnePackOfTheMirror()
    {
        (FetchOutcome Outcome, int Objects)[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => _node.ReadAsync($"user {i}", MirrorFixture.Shallow(_old)))
        );
        Assert.Single(answers, static answer => answer.Outcome == FetchOutcome.Local);
        Assert.Equal(1, _node.Primary.Packs);
    }

    [Fact]
    public async Task TooManyWhoWait_AreToldToComeAgain_AndNoneGoesToThePrimary()
    {
        await using MirrorFixture busy = await MirrorFixture.OpenWithMirrorAsync(new MirrorOptions { MaxPacks = 0, MaxWaiting = 0 });
        ObjectId tip = await busy.ResolveAsync("main");
        FetchAnswer[] answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => busy.FetchAsync($"user {i}", MirrorFixture.Shallow(tip)))
        );
        Assert.All(answers, static answer => Assert.IsType<FetchAnswer.Busy>(answer));
        Assert.Equal(1, busy.Primary.Packs);
    }
}
