using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class PackPrewarmerTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    public async Task InitializeAsync() => _node = await MirrorFixture.OpenWithMirrorAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task CloneThatWasAskedForLast_IsMadeOfTheNewTips_BeforeAnybodyAsks()
    {
        Assert.Equal(FetchOutcome.Local, (await _node.ReadAsync("bob", MirrorFixture.Shallow(await _node.ResolveAsync("main")))).Outcome);
        ObjectId tip = await MoveOnAsync();
        Assert.True(await IsMadeAsync(MirrorFixture.Shallow(tip)));
        Assert.True(await IsMadeAsync(CoreFixture.Clone(tip)));
        Assert.False(await IsMadeAsync(MirrorFixture.Shallow(tip) with { Depth = 2 }), "nobody has asked for this one");

        Assert.Equal(FetchOutcome.Hit, (await _node.ReadAsync("carol", MirrorFixture.Shallow(tip))).Outcome);
        Assert.Equal((1, 1), (_node.Primary.Fetches, _node.Primary.Syncs.Count));
    }

    [Fact]
    public async Task AnswerMadeAhead_IsGivenToNobodyWhomThePrimaryRefuses()
    {
        ObjectId tip = await MoveOnAsync();
        Assert.True(await IsMadeAsync(CoreFixture.Clone(tip)));
        _node.Primary.Refuses = static user => user == "mallory";
        var answer = Assert.IsType<FetchAnswer.Forward>(await _node.FetchAsync("mallory", CoreFixture.Clone(tip)));
        Assert.Equal(ForwardReason.NotAccepted, answer.Reason);
    }

    [Fact]
    public async Task CloneThatNobodyAsksForAgain_IsMadeAheadThreeTimes_AndThenNoMore()
    {
        for (int move = 1; move <= 4; move++)
        {
            ObjectId tip = await MoveOnAsync();
            Assert.True(await IsMadeAsync(CoreFixture.Clone(tip)) == move <= 3, $"move {move}");
        }
    }

    /// <summary>The primary's branch moves, the mirror follows, and the packs are made ahead.</summary>
    private async Task<ObjectId> MoveOnAsync()
    {
        ObjectId tip = await _node.CommitAsync();
        Assert.True(await _node.SyncAsync());
        while (_node.Core.Work.Find("answers ahead", MirrorFixture.Repository) is { } making)
        {
            await making;
        }

        return tip;
    }

    /// <summary>Whether there is a pack; a fill in progress is waited for.</summary>
    private async Task<bool> IsMadeAsync(FetchRequest request)
    {
        var key = PackKey.Of(MirrorFixture.Repository, request, []);
        if (_node.Core.Fills.TryFollow(key) is { } reader)
        {
            await using (reader)
            {
                await reader.EndAsync(CancellationToken.None);
            }

            await Eventually.TrueAsync("what was made is kept", () => _node.Core.Store.Contains(key));
        }

        return _node.Core.Store.Contains(key);
    }
}
