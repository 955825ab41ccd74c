using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Tests;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Tests.Gate;

/// <summary>Clients invent credentials and repositories until a table of the gate is full. Entries in use stay.</summary>
public sealed class StrangersTests : IDisposable
{
    private const int Many = 70_000;
    private static readonly RepositoryName s_repository = new("git.example.test", "team/tool.git");

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly Credential _alice;
    private readonly PrimaryHealth _health;

    public StrangersTests()
    {
        _alice = CredentialOf("alice");
        _health = new PrimaryHealth("git.example.test", static _ => Task.FromResult<ProbeFailure?>(null), _time, NullLogger.Instance);
    }

    public void Dispose() => _health.Dispose();

    [Fact]
    public void HoldInUse_OutlivesTheHoldsOfStrangers()
    {
        var holds = new RetryAfterTable(_time);
        holds.Begin(s_repository, _alice, TimeSpan.FromMinutes(10));
        _time.Turn(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(599), RemainingOf(holds));

        for (int i = 0; i < Many; i++)
        {
            holds.Begin(s_repository, CredentialOf($"{i}"), TimeSpan.FromMinutes(10));
        }

        Assert.Equal(TimeSpan.FromSeconds(599), RemainingOf(holds));
        _time.Turn(TimeSpan.FromSeconds(599));
        holds.ThrowIfHeld(s_repository, _alice);
    }

    [Fact]
    public void Holds_OfStrangers_PushOutEachOther()
    {
        var holds = new RetryAfterTable(_time);
        for (int i = 0; i < Many; i++)
        {
            holds.Begin(s_repository, CredentialOf($"{i}"), TimeSpan.FromMinutes(10));
        }

        holds.ThrowIfHeld(s_repository, CredentialOf("0"));
        Assert.Throws<PrimaryBusyException>(() => holds.ThrowIfHeld(s_repository, CredentialOf($"{Many - 1}")));
    }

    [Fact]
    public void Hold_IsNeverLongerThanAnHour()
    {
        var holds = new RetryAfterTable(_time);
        holds.Begin(s_repository, _alice, TimeSpan.FromDays(1));
        _time.Turn(TimeSpan.FromMinutes(59));
        Assert.Equal(TimeSpan.FromMinutes(1), RemainingOf(holds));
        _time.Turn(TimeSpan.FromMinutes(1));
        holds.ThrowIfHeld(s_repository, _alice);
    }

    [Fact]
    public void PauseInUse_OutlivesThePausesOfStrangers()
    {
        var pauses = new CredentialPauses(_time);
        pauses.Begin(s_repository, _alice);
        _time.Turn(TimeSpan.FromSeconds(1));
        Assert.False(pauses.IsPaused(s_repository, _alice));
        pauses.Begin(s_repository, _alice);

        for (int i = 0; i < Many; i++)
        {
            pauses.Begin(s_repository, CredentialOf($"{i}"));
        }

        // Twice the first.
        _time.Turn(TimeSpan.FromSeconds(1.9));
        Assert.True(pauses.IsPaused(s_repository, _alice));
        _time.Turn(TimeSpan.FromSeconds(0.1));
        Assert.False(pauses.IsPaused(s_repository, _alice));
    }

    [Fact]
    public async Task RepositoryThatIsKnownToBeOut_OutlivesRepositoriesThatStrangersInvent()
    {
        OwnAnswer own = OwnAnswer.Fails;
        var outages = new RepositoryOutages((_, _) => Task.FromResult(own), _health, _time, NullLogger.Instance);
        for (int failure = 0; failure < 2; failure++)
        {
            Task<bool> judging = outages.JudgeAsync(new UpstreamRead(s_repository, _alice, AsksForRefs: true), 503, default);
            await _time.TurnUntilAsync("it is judged", () => judging.IsCompleted, most: TimeSpan.FromSeconds(30));
            Assert.True(await judging);
            _time.Turn(TimeSpan.FromSeconds(1));
        }

        own = OwnAnswer.Unknown;
        for (int i = 0; i < 5_000; i++)
        {
            var invented = new UpstreamRead(new RepositoryName("git.example.test", $"{i}.git"), _alice, AsksForRefs: true);
            Assert.False(await outages.JudgeAsync(invented, 503, default));
        }

        Assert.Equal(503, outages.StatusOf(s_repository));
    }

    private TimeSpan RemainingOf(RetryAfterTable holds) =>
        Assert.Throws<PrimaryBusyException>(() => holds.ThrowIfHeld(s_repository, _alice)).RetryAfter;

    private Credential CredentialOf(string user) => _digester.Digest([new("header authorization", user)]);
}
