using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class MirrorRefsUpdateTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        await _node.CommitAsync("topic");
        await _node.CloneAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task RefThatOneUserDoesNotSee_Stays_WhileAnotherIsShownIt()
    {
        _node.Primary.Hides = static user => user == "bob" ? "refs/heads/topic" : null;
        for (int minutes = 0; minutes < 60; minutes += 8)
        {
            await ApplyAsync("bob");
            _node.Time.Turn(TimeSpan.FromMinutes(8));
            await ApplyAsync("alice");
        }

        Assert.NotNull(_node.Mirror.Refs.Find("refs/heads/topic"));
    }

    [Fact]
    public async Task DeletedRef_GoesTenMinutesAfterItWasNotShown_AndWhatItLedToIsOrphaned()
    {
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/topic");
        Assert.False(await ApplyAsync());
        _node.Time.Turn(TimeSpan.FromMinutes(9));
        Assert.False(await ApplyAsync());
        Assert.False(_node.Mirror.HoldsOrphans);
        _node.Time.Turn(TimeSpan.FromMinutes(1));
        Assert.True(await ApplyAsync());
        Assert.Null(_node.Mirror.Refs.Find("refs/heads/topic"));
        Assert.True(_node.Mirror.HoldsOrphans);
    }

    /// <summary>The ten minutes begin anew for a ref that comes back.</summary>
    [Fact]
    public async Task RefThatCameBack_Stays_ThoughAUserDoesNotSeeIt()
    {
        ObjectId topic = await _node.ResolveAsync("refs/heads/topic");
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/topic");
        Assert.False(await ApplyAsync());
        _node.Time.Turn(TimeSpan.FromMinutes(10));
        Assert.True(await ApplyAsync());
        await _node.Source.RunAsync("update-ref", "refs/heads/topic", topic.ToString());
        Assert.True(await ApplyAsync());

        _node.Primary.Hides = static user => user == "bob" ? "refs/heads/topic" : null;

        Assert.False(await ApplyAsync("bob"));
        Assert.NotNull(_node.Mirror.Refs.Find("refs/heads/topic"));
    }

    [Fact]
    public async Task RefThatThePrimaryWasHeardToRemove_GoesAtOnce()
    {
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/topic");
        Assert.True(await ApplyAsync(gone: ["refs/heads/topic"]));
        Assert.Null(_node.Mirror.Refs.Find("refs/heads/topic"));
    }

    [Fact]
    public async Task RefThatThePrimaryStillShows_Stays_WhateverWasHeard()
    {
        Assert.False(await ApplyAsync(gone: ["refs/heads/topic"]));
        Assert.NotNull(_node.Mirror.Refs.Find("refs/heads/topic"));
    }

    [Fact]
    public async Task Rewind_LeavesOrphans_AndAStepForwardLeavesNone()
    {
        await _node.CommitAsync();
        await _node.SyncAsync();
        Assert.False(_node.Mirror.HoldsOrphans);
        await _node.Source.RunAsync("update-ref", "refs/heads/main", "refs/heads/main~2");
        Assert.True(await ApplyAsync());
        Assert.True(_node.Mirror.HoldsOrphans);
    }

    [Fact]
    public async Task RefWhoseObjectIsNotHere_IsNotSet()
    {
        MirrorRefs refs = _node.Mirror.Refs;
        await _node.CommitAsync();
        Assert.True(_node.Core.Refs.IsDue(_node.Mirror, await _node.ShowAsync()));
        Assert.False(await ApplyAsync());
        Assert.Equal(refs, _node.Mirror.Refs);
    }

    [Fact]
    public async Task SameRefs_ChangeNothing()
    {
        AccessView view = await _node.ShowAsync();
        Assert.False(_node.Core.Refs.IsDue(_node.Mirror, view));
        Assert.True(Mirroring.MirrorRefsUpdate.Agrees(_node.Mirror, view));
        long changes = _node.Mirror.Changes;
        Assert.False(await ApplyAsync());
        Assert.Equal(changes, _node.Mirror.Changes);
    }

    /// <summary>Brings the refs of this user's present listing, and no objects.</summary>
    private async Task<bool> ApplyAsync(string user = MirrorFixture.Alice, IReadOnlyCollection<string>? gone = null)
    {
        using IDisposable turn = await _node.Mirror.ChangeAsync(CancellationToken.None);
        return await _node.Core.Refs.ApplyAsync(_node.Mirror, await _node.ShowAsync(user), Brought.Nothing, CancellationToken.None, gone);
    }
}
