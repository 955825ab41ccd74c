using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Vet;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class VetWorkTests : IAsyncLifetime
{
    private MirrorFixture _node = null!;

    private VetRound Round => _node.Core.Report.Rounds[0];

    public async Task InitializeAsync()
    {
        _node = await MirrorFixture.OpenWithMirrorAsync();
        _node.Services.Primary = _node.Primary.For("service");
        await VetAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task VetThatFindsNothingNew_AsksOnce_AndFetchesNothing()
    {
        int asked = _node.Primary.Listings + _node.Primary.Advertisements;
        await VetAsync();
        Assert.Equal(asked + 1, _node.Primary.Listings + _node.Primary.Advertisements);
        Assert.Empty(_node.Primary.Syncs);
        Assert.Equal((1, 0, 0), (Round.Checked, Round.Mended, Round.Failed));
    }

    [Fact]
    public async Task VetOfAPrimaryOfVersion0_AsksOnce_AndNothingThatItDidNotAdvertise()
    {
        _node.Primary.SpeaksOld = true;
        await Assert.ThrowsAnyAsync<Exception>(() => VetAsync());
        await VetAsync();
        int asked = _node.Primary.Advertisements;
        await VetAsync();
        Assert.Equal(asked + 1, _node.Primary.Advertisements);
    }

    [Fact]
    public async Task Drift_IsMended_AndFoundInOrderTheNextTime()
    {
        ObjectId tip = await _node.CommitAsync();
        await VetAsync();
        Assert.Equal(tip, _node.Mirror.Refs.Find("refs/heads/main")?.Id);
        Assert.Equal((1, 1), (Round.Checked, Round.Mended));
        Assert.Single(_node.Primary.Syncs);
        await VetAsync();
        Assert.Equal((1, 0), (Round.Checked, Round.Mended));
        Assert.Single(_node.Primary.Syncs);
        await _node.AssertSoundAsync();
    }

    [Fact]
    public async Task DeletedRef_IsLookedAtAgain_UntilItHasGone()
    {
        await _node.Source.RunAsync("update-ref", "refs/heads/gone", "main");
        await VetAsync();
        Assert.NotNull(_node.Mirror.Refs.Find("refs/heads/gone"));
        await _node.Source.RunAsync("update-ref", "-d", "refs/heads/gone");
        await VetAsync();
        Assert.NotNull(_node.Mirror.Refs.Find("refs/heads/gone"));
        _node.Time.Turn(TimeSpan.FromMinutes(11));
        await VetAsync();
        Assert.Null(_node.Mirror.Refs.Find("refs/heads/gone"));
        Assert.Empty(_node.Primary.Syncs);
    }

    [Fact]
    public async Task Refusal_IsAFailure_ThatTheReportNames()
    {
        _node.Primary.Refuses = static _ => true;
        await Assert.ThrowsAsync<PrimaryException>(() => VetAsync());
        Assert.Equal((0, 1), (Round.Checked, Round.Failed));
        Assert.Contains("refuses the service credential", Assert.Single(Round.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAServiceCredential_NothingIsAsked()
    {
        int asked = _node.Primary.Listings + _node.Primary.Advertisements;
        _node.Services.Primary = null;
        await VetAsync();
        Assert.Equal(asked, _node.Primary.Listings + _node.Primary.Advertisements);
    }

    private async Task VetAsync()
    {
        _node.Core.Report.Begin();
        await _node.Core.Vet.RunAsync(MirrorFixture.Repository, CancellationToken.None);
    }
}
