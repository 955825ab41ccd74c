using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

/// <summary>What the fetches of clients without a login leave behind.</summary>
public sealed class StrangerTests
{
    private const string Nobody = "";

    [Fact]
    public async Task CloneOfAStranger_IsKeptAsAStrangers_UntilAKnownClientWantsIt()
    {
        await using MirrorFixture node = await OpenAsync();
        await node.CloneAsync(Nobody);
        Assert.True(node.Mirror.IsOfStrangers);
        Assert.NotEqual(0, node.Core.Mirrors.BytesOfStrangers);
        await PacksAsync(node, 1);
        Assert.Equal(node.Core.Store.Bytes, node.Core.Store.BytesOfStrangers);

        FetchRequest clone = CoreFixture.Clone(await node.ResolveAsync("main"));
        Assert.Equal(FetchOutcome.Hit, (await node.ReadAsync(MirrorFixture.Alice, clone)).Outcome);
        Assert.Equal(0, node.Core.Store.BytesOfStrangers);
        Assert.True(node.Mirror.IsOfStrangers);
        Assert.Equal(FetchOutcome.Local, (await node.ReadAsync(MirrorFixture.Alice, clone with { Depth = 1 })).Outcome);
        Assert.False(node.Mirror.IsOfStrangers);
        await PacksAsync(node, 2);
        Assert.Equal((0, 0), (node.Core.Store.BytesOfStrangers, node.Core.Mirrors.BytesOfStrangers));
    }

    [Fact]
    public async Task OddCloneOfAStranger_IsKeptWhenItIsAskedForAgain()
    {
        await using MirrorFixture node = await OpenAsync();
        await node.CloneAsync();
        await PacksAsync(node, 1);
        FetchRequest odd = MirrorFixture.Shallow(await node.ResolveAsync("main~2"));
        Assert.Equal(FetchOutcome.Local, (await node.ReadAsync(Nobody, odd)).Outcome);
        await PacksAsync(node, 1);
        Assert.Equal(FetchOutcome.Local, (await node.ReadAsync(Nobody, odd)).Outcome);
        await PacksAsync(node, 2);
        Assert.Equal(FetchOutcome.Hit, (await node.ReadAsync(Nobody, odd)).Outcome);
        Assert.InRange(node.Core.Store.BytesOfStrangers, 1, node.Core.Store.Bytes - 1);
    }

    [Fact]
    public async Task AskOfAStranger_DoesNotCountForOthers()
    {
        await using MirrorFixture node = await OpenAsync();
        await node.CloneAsync();
        ObjectId tip = await node.ResolveAsync("main"),
            old = await node.ResolveAsync("main~1");
        await PacksAsync(node, 1);
        await node.ReadAsync(Nobody, MirrorFixture.Update([tip], old));
        await PacksAsync(node, 1);
        Assert.Equal(FetchOutcome.Local, (await node.ReadAsync(MirrorFixture.Alice, MirrorFixture.Update([tip], old))).Outcome);
        await PacksAsync(node, 1);
        Assert.Equal(FetchOutcome.Local, (await node.ReadAsync(MirrorFixture.Alice, MirrorFixture.Update([tip], old))).Outcome);
        await Eventually.TrueAsync("it is kept", () => node.Core.Store.Count == 2);
        Assert.Equal(0, node.Core.Store.BytesOfStrangers);
    }

    [Fact]
    public async Task Strangers_BeginNoMirror_WhenTheyHaveBegunTooMany()
    {
        await using MirrorFixture node = await OpenAsync(new StrangerOptions { MirrorsPerHour = 0 });
        FetchRequest clone = CoreFixture.Clone(await node.ResolveAsync("main"));
        Assert.Equal(FetchOutcome.Forward, (await node.ReadAsync(Nobody, clone)).Outcome);
        await PacksAsync(node, 1);
        Assert.Equal(FetchOutcome.Hit, (await node.ReadAsync(Nobody, clone)).Outcome);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(FetchOutcome.Forward, (await node.ReadAsync(Nobody, clone with { Depth = i + 1 })).Outcome);
        }

        Assert.Null(node.Core.Work.Find("first mirror", MirrorFixture.Repository));
        Assert.Empty(node.Core.Mirrors.All());

        // A known client has the pack, and makes the mirror of it.
        Assert.Equal(FetchOutcome.Hit, (await node.ReadAsync(MirrorFixture.Alice, clone)).Outcome);
        await Eventually.TrueAsync("the pack has become the mirror", () => node.Core.Mirrors.All().Count == 1);
        Assert.False(node.Mirror.IsOfStrangers);
    }

    [Fact]
    public async Task PacksMadeAhead_BelongToThoseWhoUseTheMirror()
    {
        await using MirrorFixture node = await OpenAsync();
        await node.CloneAsync(Nobody);
        await PacksAsync(node, 1);
        await node.CommitAsync();
        Assert.True(await node.SyncAsync(Nobody));
        await PacksAsync(node, 2);
        Assert.Equal(node.Core.Store.Bytes, node.Core.Store.BytesOfStrangers);
    }

    /// <summary>A public repository, at which alice is known.</summary>
    private static async Task<MirrorFixture> OpenAsync(StrangerOptions? strangers = null)
    {
        MirrorFixture node = await MirrorFixture.OpenAsync(strangers: strangers);
        node.Core.Standings.NoteAccepted(MirrorFixture.Repository, node.CredentialOf(MirrorFixture.Alice));
        node.Time.Turn(TimeSpan.FromMinutes(61));
        return node;
    }

    private static Task PacksAsync(MirrorFixture node, int count) =>
        Eventually.TrueAsync("the packs are kept", () => node.Core.Store.Count == count && node.Core.Fills.IsIdle);
}
