using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class WarmWorkTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenAsync();
        _node.Services.Primary = _node.Primary.For("service");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Warming_MakesAMirrorOfOnePack_AndOnlyOnce()
    {
        await WarmAsync();
        Assert.Equal((0, 1, 1), (_node.Primary.Fetches, _node.Primary.Syncs.Count, _node.Primary.Listings));
        await _node.AssertSoundAsync();
        await WarmAsync();
        Assert.Equal((1, 1), (_node.Primary.Syncs.Count, _node.Primary.Listings));
        Assert.Equal(FetchOutcome.Local, (await _node.ReadAsync("bob", CoreFixture.Clone(await _node.ResolveAsync("main")))).Outcome);
        Assert.Single(_node.Primary.Syncs);
    }

    [Fact]
    public async Task Warming_OfAPrimaryOfVersion0_AsksInItsWords()
    {
        _node.Primary.SpeaksOld = true;
        await WarmAsync();
        Assert.Equal(0, Assert.Single(_node.Primary.Syncs).Framing.ProtocolVersion);
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task EmptyRepository_IsNoFailure_AndHasNoMirror()
    {
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/main");
        await WarmAsync();
        Assert.Empty(_node.Core.Mirrors.All());
        Assert.Empty(_node.Primary.Syncs);
    }

    [Fact]
    public async Task Refusal_IsAFailure()
    {
        _node.Primary.Refuses = static _ => true;
        await Assert.ThrowsAsync<PrimaryException>(WarmAsync);
        Assert.Empty(_node.Core.Mirrors.All());
    }

    [Fact]
    public async Task PackThatBreaksOff_IsAFailure_AndLeavesNothing()
    {
        _node.Primary.Garble = static answer => answer[..(answer.Length / 2)];
        await Assert.ThrowsAsync<PrimaryException>(WarmAsync);
        Assert.Empty(_node.Core.Mirrors.All());
    }

    private Task WarmAsync() => _node.Core.Warm.RunAsync(MirrorFixture.Repository, CancellationToken.None);
}
