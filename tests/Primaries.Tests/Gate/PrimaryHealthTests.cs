using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Tests;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;

namespace Waystation.Primaries.Tests.Gate;

/// <summary>What is an outage: of a primary, and of one repository.</summary>
public sealed class PrimaryHealthTests : IDisposable
{
    private static readonly RepositoryName s_repository = new("git.example.test", "team/tool.git");

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly PrimaryHealth _health;
    private readonly RepositoryOutages _repositories;
    private ProbeFailure? _wrong = new("it answers 503", IsReached: true);
    private OwnAnswer _own = OwnAnswer.Unknown;
    private Func<Task> _onProbe = static () => Task.CompletedTask;

    public PrimaryHealthTests()
    {
        _health = new PrimaryHealth("git.example.test", _ => ProbeAsync(), _time, NullLogger.Instance);
        _repositories = new RepositoryOutages((_, _) => Task.FromResult(_own), _health, _time, NullLogger.Instance);
    }

    public void Dispose() => _health.Dispose();

    [Fact]
    public async Task Statuses_AreAnOutage_WhenEveryProbeGetsOneToo()
    {
        Assert.True(await _time.TurnThroughAsync(_health.JudgeAsync("it answers 503", isStatus: true)));
        Assert.True(_health is { IsOut: true, IsReached: true });
    }

    [Fact]
    public async Task Statuses_AreNoOutage_WhenAnythingElseIsAnsweredMeanwhile()
    {
        _onProbe = () => _health.AnsweredAsync().AsTask();
        Assert.False(await _time.TurnThroughAsync(_health.JudgeAsync("it answers 503", isStatus: true)));
    }

    [Fact]
    public async Task Statuses_AreNoOutage_WhenARequestWasAnsweredThatWasSentAgain()
    {
        _own = OwnAnswer.Fails;
        _health.NoteUneven();
        Assert.False(await _time.TurnThroughAsync(_health.JudgeAsync("it answers 503", isStatus: true)));
        Assert.False(await _time.TurnThroughAsync(_repositories.JudgeAsync(Of("alice"), 503, default)));
        _time.Turn(TimeSpan.FromSeconds(10));
        Assert.True(await _time.TurnThroughAsync(_repositories.JudgeAsync(Of("alice"), 503, default)));
    }

    [Fact]
    public async Task Silence_IsAnOutage_WithTheFirstProbe()
    {
        _wrong = new ProbeFailure("no answer within 30 s", IsReached: false);
        Assert.True(await _health.JudgeAsync("no answer within 5 s"));
        Assert.True(_health is { IsOut: true, IsReached: false });
    }

    /// <summary>All that the primary can take at a time are at work, and the probe waits behind them.</summary>
    [Theory]
    [InlineData(20, false)]
    [InlineData(10, true)]
    public async Task LateProbe_IsNoOutage_WhileOtherRequestsAreAnswered(int heardAfter, bool isOut)
    {
        _wrong = new ProbeFailure("no answer within 30 s", IsReached: false) { IsLate = true };
        _onProbe = () =>
        {
            _time.Turn(TimeSpan.FromSeconds(heardAfter));
            _health.Hear();
            _time.Turn(TimeSpan.FromSeconds(30 - heardAfter));
            return Task.CompletedTask;
        };
        Assert.Equal(isOut, await _health.JudgeAsync("no answer within 5 s"));
    }

    [Fact]
    public async Task Repository_IsOut_WhenTheNodesOwnQuestionFails_UntilSomebodyIsServed()
    {
        _own = OwnAnswer.Fails;
        Assert.True(await _time.TurnThroughAsync(_repositories.JudgeAsync(Of("alice"), 503, default)));
        Assert.Equal(503, _repositories.StatusOf(s_repository));
        _repositories.NoteServed(s_repository);
        Assert.Null(_repositories.StatusOf(s_repository));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Repository_IsNotOut_HoweverOftenOneCredentialFails(bool servesTheNode)
    {
        _own = servesTheNode ? OwnAnswer.Serves : OwnAnswer.Unknown;
        for (int failure = 0; failure < 5; failure++)
        {
            Assert.False(await _repositories.JudgeAsync(Of("alice"), 503, default));
        }

        Assert.Null(_repositories.StatusOf(s_repository));
    }

    [Theory]
    [InlineData("bob", "192.0.2.2", true, true)]
    [InlineData("bob", "192.0.2.2", false, false)]
    [InlineData("bob", "192.0.2.1", true, false)]
    [InlineData("alice", "192.0.2.2", true, false)]
    [InlineData("", "192.0.2.2", true, false)]
    public async Task Repository_IsOut_WhenTwoPeopleFail_AndTheNodeIsRefused(string user, string from, bool wasAccepted, bool isOut)
    {
        Assert.False(await _repositories.JudgeAsync(Of("alice"), 503, default));
        Assert.Equal(isOut, await _repositories.JudgeAsync(Of(user, from, wasAccepted), 502, default));
    }

    [Fact]
    public async Task Repository_IsNotOut_WhenSomebodyWasServedBetweenTwoFailures()
    {
        Assert.False(await _repositories.JudgeAsync(Of("alice"), 503, default));
        _repositories.NoteServed(s_repository);
        Assert.False(await _repositories.JudgeAsync(Of("bob", "192.0.2.2"), 503, default));
    }

    [Fact]
    public async Task Probe_WaitsForALateAnswer_AsLongAsIsSet()
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        using var primary = new Primary(
            new PrimaryOptions { Url = new Uri("http://git.example.test") },
            _time,
            NullLogger<Primary>.Instance
        );
        using var probe = new PrimaryProbe(primary.Http, static _ => ("", null), new Late(answer.Task), TimeSpan.FromSeconds(30), _time);
        Task<ProbeFailure?> late = probe.AskAsync(default);
        _time.Turn(TimeSpan.FromSeconds(29));
        Assert.False(late.IsCompleted);
        using var page = new HttpResponseMessage();
        answer.SetResult(page);
        Assert.Null(await late);

        using var silent = new PrimaryProbe(
            primary.Http,
            static _ => ("", null),
            new Late(new TaskCompletionSource<HttpResponseMessage>().Task),
            TimeSpan.FromSeconds(30),
            _time
        );
        Task<ProbeFailure?> never = silent.AskAsync(default);
        _time.Turn(TimeSpan.FromSeconds(30));
        Assert.Equal(new ProbeFailure("no answer within 30 s", IsReached: false) { IsLate = true }, await never);
    }

    private UpstreamRead Of(string user, string from = "192.0.2.1", bool wasAccepted = true) =>
        new(s_repository, _digester.Digest(user.Length == 0 ? [] : [new("header authorization", user)]), AsksForRefs: true)
        {
            From = from,
            WasAccepted = () => wasAccepted,
        };

    private async Task<ProbeFailure?> ProbeAsync()
    {
        await _onProbe();
        return _wrong;
    }

    private sealed class Late(Task<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answer.WaitAsync(cancellationToken);
    }
}
