using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Vet;
using Waystation.TestKit.Servers;

namespace Waystation.FetchCore.Tests.Mirrors;

public sealed class VetRoundsTests : IAsyncLifetime
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(3);

    private MirrorFixture _node = null!;
    private VetRounds? _rounds;

    public async Task InitializeAsync() => _node = await MirrorFixture.OpenWithMirrorAsync();

    public async Task DisposeAsync()
    {
        if (_rounds is not null)
        {
            await _rounds.StopAsync(CancellationToken.None);
            _rounds.Dispose();
        }

        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Round_AsksForTheVetOfEachMirror_AndForTheUpkeepOfThoseThatWantIt()
    {
        _node.Services.Primary = _node.Primary.For("service");
        await StartAsync();
        await Eventually.TrueAsync("upkeep is asked for", () => IsAsked(WorkKind.Upkeep));
        await _node.Time.TurnUntilAsync("a vet is asked for", () => IsAsked(WorkKind.Vet), s_every * 1.25);
    }

    [Fact]
    public async Task WithoutAServiceCredential_NoVetIsAskedFor()
    {
        await StartAsync();
        int rounds = _node.Core.Report.Rounds.Count;
        await _node.Time.TurnUntilAsync(
            "two rounds have gone by",
            () => _node.Core.Report.Rounds.Count >= rounds + 2,
            s_every * 4,
            step: TimeSpan.FromSeconds(5)
        );
        Assert.False(IsAsked(WorkKind.Vet));
    }

    [Fact]
    public async Task MirrorThatWasGivenUp_IsMadeAgain_WithTheServiceCredential()
    {
        _node.Services.Primary = _node.Primary.For("service");
        await StartAsync();
        _node.Core.Mirrors.Quarantine(_node.Mirror, "a test says so");
        Assert.True(IsAsked(WorkKind.Warm));
        await _node.Core.Warm.RunAsync(MirrorFixture.Repository, CancellationToken.None);
        await _node.AssertSoundAsync();
    }

    private bool IsAsked(WorkKind kind) => _node.Core.Queue.Entries().Any(entry => entry.Kind == kind);

    private Task StartAsync()
    {
        CoreParts core = _node.Core;
        _rounds = new VetRounds(
            core.Mirrors,
            _node.Services,
            core.Vet,
            core.Upkeep,
            core.Queue,
            core.Report,
            new VetOptions { Every = s_every },
            _node.Time
        );
        return _rounds.StartAsync(CancellationToken.None);
    }
}
