using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class MirrorSyncTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    public async Task InitializeAsync() => _node = await MirrorFixture.OpenWithMirrorAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Sync_AsksForNoPack_WhenNothingIsMissing()
    {
        long changes = _node.Mirror.Changes;
        Assert.True(await _node.SyncAsync());
        Assert.Empty(_node.Primary.Syncs);
        Assert.Equal(changes, _node.Mirror.Changes);
    }

    [Fact]
    public async Task Sync_AsksForWhatIsMissing_AndNamesWhatTheMirrorHas()
    {
        ObjectId old = await _node.ResolveAsync("main"),
            tip = await _node.CommitAsync();
        Assert.True(await _node.SyncAsync());
        FetchRequest sync = Assert.Single(_node.Primary.Syncs).Request;
        Assert.Equal([tip], sync.Wants);
        Assert.Equal([old], sync.Haves);
        Assert.True(sync.ThinPack);
        Assert.Equal(tip, _node.Mirror.Refs.Find("refs/heads/main")?.Id);
        Assert.False(_node.Mirror.HoldsOrphans);
        await _node.AssertSoundAsync();
    }

    /// <summary>A primary reads each have, so a thousand tags would take it longer than the pack.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sync_NamesFewTips_WhereARefHasMoved(bool isOfNewRef)
    {
        for (int commit = 0; commit < 100; commit++)
        {
            await _node.Source.RunAsync("tag", $"v{commit}", $"{await _node.CommitAsync()}");
        }

        Assert.True(await _node.SyncAsync());
        ObjectId old = await _node.ResolveAsync("main");
        if (isOfNewRef)
        {
            await _node.Source.RunAsync("branch", "topic", "v40");
        }

        ObjectId tip = await _node.CommitAsync(isOfNewRef ? "topic" : "main");
        Assert.True(await _node.SyncAsync());
        FetchRequest sync = _node.Primary.Syncs.Last().Request;
        Assert.Equal([tip], sync.Wants);
        Assert.Equal(old, sync.Haves[0]);
        Assert.InRange(sync.Haves.Count, isOfNewRef ? 100 : 10, isOfNewRef ? 110 : 40);
    }

    [Fact]
    public async Task TwentyWhoWait_ShareOneSync()
    {
        ObjectId tip = await _node.CommitAsync();
        var gate = new TaskCompletionSource();
        _node.Primary.PackGate = gate.Task;
        AccessView view = await _node.ShowAsync();
        Task<bool>[] waiting = [.. Enumerable.Range(0, 20).Select(i => BringAsync(_node.AskerOf(view, $"user {i}"), tip))];
        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.Single(_node.Primary.Syncs);
    }

    [Fact]
    public async Task RefusalOfOne_IsToldToNobodyElse()
    {
        ObjectId tip = await _node.CommitAsync();
        AccessView view = await _node.ShowAsync();
        var gate = new TaskCompletionSource();
        _node.Primary.PackGate = gate.Task;
        _node.Primary.Refuses = static user => user == "mallory";
        int refused = 0;
        Task<bool> mallory = BringAsync(
            new SyncRequester(view, _node.Primary.For("mallory"), 2, reply => refused += reply.IsRefusal ? 1 : 0),
            tip
        );
        await Eventually.TrueAsync("mallory's sync is under way", () => _node.Primary.Syncs.Count == 1);
        Task<bool> bob = BringAsync(_node.AskerOf(view, "bob"), tip);
        gate.SetResult();
        Assert.False(await mallory);
        Assert.True(await bob);
        Assert.Equal(1, refused);
        Assert.Equal(2, _node.Primary.Syncs.Count);
    }

    [Fact]
    public async Task RecordOfAnOutage_AsksNothing_AndMovesNoRef()
    {
        ObjectId old = await _node.ResolveAsync("main"),
            tip = await _node.CommitAsync();
        SyncRequester asker = await _node.AskerAsync() is var shown ? shown with { IsRecorded = true } : shown;
        Assert.False(await BringAsync(asker, tip));
        Assert.True(await BringAsync(asker, old));
        Assert.Empty(_node.Primary.Syncs);
        Assert.Equal(old, _node.Mirror.Refs.Find("refs/heads/main")?.Id);
    }

    [Fact]
    public async Task RefsThatMoveWithinTheMirror_FollowWithoutAQuestion()
    {
        ObjectId parent = await _node.ResolveAsync("main^");
        await _node.Source.RunAsync("update-ref", "refs/heads/older", parent.ToString());
        SyncRequester asker = await _node.AskerAsync();
        int listings = _node.Primary.Listings;
        Assert.True(await BringAsync(asker, parent));
        await Eventually.TrueAsync("the ref is there", () => _node.Mirror.Refs.Find("refs/heads/older")?.Id == parent);
        Assert.Equal((0, listings), (_node.Primary.Packs - 1, _node.Primary.Listings));
        Assert.False(_node.Mirror.HoldsOrphans);
    }

    [Theory]
    [InlineData(0.5)] // it breaks off
    [InlineData(1)] // a byte of it is another
    public async Task BrokenPack_LeavesTheMirrorAsItWas(double share)
    {
        MirrorRefs refs = _node.Mirror.Refs;
        long bytes = _node.Mirror.Bytes;
        await _node.CommitAsync();
        _node.Primary.Garble = answer =>
        {
            byte[] part = answer[..(int)(answer.Length * share)];
            part[(part.Length * 3) / 4] ^= 1;
            return part;
        };
        Assert.False(await _node.SyncAsync());
        Assert.Equal(refs, _node.Mirror.Refs);
        Assert.Equal(bytes, _node.Mirror.Bytes);
        await _node.AssertSoundAsync();

        _node.Primary.Garble = static answer => answer;
        Assert.True(await _node.SyncAsync());
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task Tags_ComeAlong_WhereTheAnswerDependsOnThem()
    {
        ObjectId main = await _node.ResolveAsync("main");
        await _node.Source.RunAsync("-c", "user.name=S", "-c", "user.email=s@example.com", "tag", "-a", "-m", "one", "v1", "main");
        ObjectId tag = await _node.ResolveAsync("refs/tags/v1");
        SyncRequester asker = await _node.AskerAsync();
        Assert.True(await _node.Core.Sync.EnsureAsync(_node.Mirror, asker, [main], withTags: true, CancellationToken.None));
        Assert.Equal([tag], Assert.Single(_node.Primary.Syncs).Request.Wants);
        Assert.Equal(main, _node.Mirror.Refs.Find("refs/tags/v1")?.Peeled);
    }

    [Fact]
    public async Task WhoWaits_MayLeave_AndTheSyncGoesOn()
    {
        ObjectId tip = await _node.CommitAsync();
        SyncRequester asker = await _node.AskerAsync();
        var gate = new TaskCompletionSource();
        _node.Primary.PackGate = gate.Task;
        using var leaving = new CancellationTokenSource();
        Task<bool> waiting = _node.Core.Sync.EnsureAsync(_node.Mirror, asker, [tip], withTags: false, leaving.Token);
        await Eventually.TrueAsync("the sync is under way", () => _node.Primary.Syncs.Count == 1);
        await leaving.CancelAsync();
        Assert.False(await waiting);
        gate.SetResult();
        await Eventually.TrueAsync("the mirror has it", () => _node.Mirror.Refs.Find("refs/heads/main")?.Id == tip);
        Assert.Single(_node.Primary.Syncs);
    }

    private Task<bool> BringAsync(SyncRequester asker, ObjectId wanted) =>
        _node.Core.Sync.EnsureAsync(_node.Mirror, asker, [wanted], withTags: false, CancellationToken.None);
}
