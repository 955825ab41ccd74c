using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class SyncOnRefChangeTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    public async Task InitializeAsync() => _node = await MirrorFixture.OpenWithMirrorAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task ListingThatShowsAMovedRef_BringsIt_BeforeAnybodyFetches()
    {
        ObjectId tip = await _node.CommitAsync();
        await SeeAsync();
        await Eventually.TrueAsync("the mirror has it", () => _node.Mirror.Refs.Find("refs/heads/main")?.Id == tip);
        Assert.Equal(FetchOutcome.Local, (await _node.ReadAsync("bob", MirrorFixture.Shallow(tip))).Outcome);
        Assert.Equal(2, _node.Primary.Packs);
    }

    [Fact]
    public async Task EachChange_IsAskedForOnce_HoweverOftenSomebodyLooks()
    {
        await _node.CommitAsync();
        _node.Primary.PackGate = Task.FromException(new Primaries.Errors.PrimaryException("it is busy"));
        await SeeAsync();
        await Eventually.TrueAsync("it was asked for", () => _node.Primary.Syncs.Count == 1);
        for (int look = 0; look < 5; look++)
        {
            await SeeAsync();
        }

        // A change that is seen during the sync that fails joins that one.
        await Eventually.TrueAsync("it is over", () => _node.Core.Work.Find("sync", MirrorFixture.Repository) is null);
        _node.Primary.PackGate = Task.CompletedTask;
        ObjectId newest = await _node.CommitAsync();
        await SeeAsync();
        await Eventually.TrueAsync("the next change is brought", () => _node.Mirror.Refs.Find("refs/heads/main")?.Id == newest);
        Assert.Equal(2, _node.Primary.Syncs.Count);
    }

    [Fact]
    public async Task MirrorThatHasChangedSinceTheQuestion_IsLeftAlone()
    {
        ObjectId old = await _node.ResolveAsync("main");
        MirrorGeneration moment = Begin();
        ObjectId tip = await _node.CommitAsync();
        Assert.True(await _node.SyncAsync());
        await _node.Source.RunAsync("update-ref", "refs/heads/main", old.ToString());
        SyncRequester late = await _node.AskerAsync();
        Assert.False(await _node.Core.Sync.FollowAsync(moment, late, []));
        Assert.Equal(tip, _node.Mirror.Refs.Find("refs/heads/main")?.Id);
    }

    [Fact]
    public async Task RefThatNoCloneAsksFor_BringsNothing()
    {
        await _node.Source.RunAsync("update-ref", "refs/pull/1/head", "main");
        Assert.True(await _node.SyncAsync());
        await Eventually.TrueAsync("the mirror knows it", () => _node.Mirror.Refs.Find("refs/pull/1/head") is not null);
        ObjectId other = await _node.CommitAsync("scratch");
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/scratch");
        await _node.Source.RunAsync("update-ref", "refs/pull/1/head", other.ToString());
        await SeeAsync();
        ObjectId tip = await _node.CommitAsync();
        await SeeAsync();
        await Eventually.TrueAsync("the branch is brought", () => _node.Mirror.Refs.Find("refs/heads/main")?.Id == tip);
        Assert.Equal([tip], Assert.Single(_node.Primary.Syncs).Request.Wants);
    }

    [Fact]
    public async Task RepositoryWithoutAMirror_HasNoMoment()
    {
        await using MirrorFixture empty = await MirrorFixture.OpenAsync();
        Assert.Null(empty.Core.Moved.Begin(MirrorFixture.Repository));
    }

    private MirrorGeneration Begin() =>
        _node.Core.Moved.Begin(MirrorFixture.Repository) ?? throw new InvalidOperationException("no mirror");

    /// <summary>Somebody asks the primary for its refs, and is shown them.</summary>
    private async Task SeeAsync()
    {
        MirrorGeneration moment = Begin();
        _node.Core.Moved.See(moment, await _node.AskerAsync());
    }
}
