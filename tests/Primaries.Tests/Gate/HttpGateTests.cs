using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Tests;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;

namespace Waystation.Primaries.Tests.Gate;

/// <summary>A read on its way through the gate to a scripted primary: when it is sent, sent again, refused or kept back.</summary>
public sealed class HttpGateTests : IDisposable
{
    private static readonly RepositoryName s_repository = new("git.example.test", "team/tool.git");

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly PrimaryHealth _health;
    private readonly PrimaryGate _gate;
    private readonly ReadBudget _budget;
    private readonly ScriptedPrimary _primary = new();
    private readonly HttpMessageInvoker _invoker;
    private readonly HttpGate _http;
    private ProbeFailure? _wrong;
    private OwnAnswer _own = OwnAnswer.Serves;

    public HttpGateTests()
    {
        _health = new PrimaryHealth("git.example.test", _ => Task.FromResult(_wrong), _time, NullLogger.Instance);
        _budget = new ReadBudget(2, _time);
        _gate = new PrimaryGate(
            _health,
            new RepositoryOutages((_, _) => Task.FromResult(_own), _health, _time, NullLogger.Instance),
            _budget,
            _time
        );
        _invoker = new HttpMessageInvoker(_primary);
        _http = new HttpGate(_invoker, _invoker, _gate, _time);
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _primary.Dispose();
        _health.Dispose();
    }

    [Fact]
    public async Task Question_ThatFailsOnce_IsSentAgain_AndTheClientSeesNothingOfIt()
    {
        _primary.Answers(503);
        _primary.Answers(200);
        using HttpResponseMessage answer = await _time.TurnThroughAsync(AskAsync("alice"));
        Assert.Equal((HttpStatusCode.OK, 2), (answer.StatusCode, _primary.Requests));
        Assert.True(_health.IsUneven);
    }

    [Fact]
    public async Task Pack_ThatFails_IsNotAskedForAgain()
    {
        _primary.Answers(503);
        using HttpResponseMessage answer = await _time.TurnThroughAsync(SendAsync(Of("alice") with { AsksForRefs = false }));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (answer.StatusCode, _primary.Requests));
    }

    [Fact]
    public async Task Credential_ThatAloneFails_HearsThePrimaryItself()
    {
        _primary.Answers(503);
        _primary.Answers(503);
        using HttpResponseMessage answer = await _time.TurnThroughAsync(AskAsync("alice"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Null(_gate.Repositories.StatusOf(s_repository));
        Assert.False(_gate.IsOut(s_repository, CredentialOf("alice")));
    }

    [Fact]
    public async Task Repository_ThatFailsTheNodeToo_IsOut_AndThisCredentialIsNotAskedForAMoment()
    {
        _own = OwnAnswer.Fails;
        _primary.Answers(502);
        _primary.Answers(502);
        PrimaryOutageException outage = await Assert.ThrowsAnyAsync<PrimaryOutageException>(() =>
            _time.TurnThroughAsync(AskAsync("alice"))
        );
        Assert.Equal(502, outage.Status);
        Assert.True(_gate.IsOut(s_repository, CredentialOf("alice")));
        Assert.False(_gate.IsOut(s_repository, CredentialOf("bob")));

        await Assert.ThrowsAnyAsync<PrimaryOutageException>(() => AskAsync("alice"));
        Assert.Equal(2, _primary.Requests);

        _time.Turn(TimeSpan.FromSeconds(1));
        _primary.Answers(200);
        using HttpResponseMessage served = await AskAsync("alice");
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Null(_gate.Repositories.StatusOf(s_repository));
    }

    [Fact]
    public async Task Connection_ThatFailsWhileTheProbeIsAnswered_IsThisRequestsTroubleAlone()
    {
        _primary.Breaks("reset by peer");
        PrimaryException failure = await Assert.ThrowsAsync<PrimaryException>(() => _time.TurnThroughAsync(AskAsync("alice")));
        Assert.Contains("reset by peer", failure.Message, StringComparison.Ordinal);
        Assert.False(_health.IsOut);
    }

    [Fact]
    public async Task Outage_KeepsReadsBack_UntilAProbeIsAnswered()
    {
        _wrong = new ProbeFailure("connection refused", IsReached: false);
        _primary.Breaks("connection refused");
        await Assert.ThrowsAnyAsync<PrimaryOutageException>(() => _time.TurnThroughAsync(AskAsync("alice")));
        Assert.True(_gate.IsOut(s_repository, CredentialOf("bob")));

        await Assert.ThrowsAnyAsync<PrimaryOutageException>(() => _time.TurnThroughAsync(AskAsync("bob")));
        Assert.Equal(1, _primary.Requests);

        _wrong = null;
        _primary.Answers(200);
        using HttpResponseMessage answer = await _time.TurnThroughAsync(AskAsync("bob"));
        Assert.Equal((HttpStatusCode.OK, false), (answer.StatusCode, _health.IsOut));
    }

    [Fact]
    public async Task Outage_InWhichSomethingAnswers_LetsEachCredentialAskForItself()
    {
        _wrong = new ProbeFailure("it answers 503", IsReached: true);
        _primary.Answers(503);
        await Assert.ThrowsAnyAsync<PrimaryOutageException>(() => _time.TurnThroughAsync(AskAsync("alice")));
        Assert.True(_health is { IsOut: true, IsReached: true });

        _primary.Answers(403);
        using HttpResponseMessage refused = await _time.TurnThroughAsync(AskAsync("bob"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Hold_KeepsOneCredentialBack_AtOneRepository_ForAsLongAsThePrimarySaid()
    {
        _primary.Answers(429, retryAfter: 7);
        using (HttpResponseMessage first = await AskAsync("alice"))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, first.StatusCode);
        }

        _time.Turn(TimeSpan.FromSeconds(3));
        PrimaryBusyException busy = await Assert.ThrowsAsync<PrimaryBusyException>(() => AskAsync("alice"));
        Assert.Equal((TimeSpan.FromSeconds(4), 1), (busy.RetryAfter, _primary.Requests));

        _primary.Answers(200);
        _primary.Answers(200);
        using HttpResponseMessage other = await AskAsync("bob");
        using HttpResponseMessage elsewhere = await SendAsync(Of("alice") with { Repository = new("git.example.test", "team/else.git") });
        Assert.Equal(3, _primary.Requests);
        other.Dispose();
        elsewhere.Dispose();

        _time.Turn(TimeSpan.FromSeconds(4));
        _primary.Answers(200);
        using HttpResponseMessage later = await AskAsync("alice");
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Fact]
    public async Task Place_IsKeptUntilTheAnswerIsDisposed_AndGivenBackByEveryFailure()
    {
        _primary.Answers(200);
        _primary.Answers(200);
        HttpResponseMessage first = await AskAsync("alice");
        HttpResponseMessage second = await AskAsync("bob");
        _primary.Answers(200);
        Task<HttpResponseMessage> third = AskAsync("carol");
        Assert.Equal((2, false), (_primary.Requests, third.IsCompleted));

        first.Dispose();
        second.Dispose();
        (await third).Dispose();

        for (int i = 0; i < 5; i++)
        {
            _primary.Breaks("reset by peer");
            await Assert.ThrowsAsync<PrimaryException>(() => _time.TurnThroughAsync(AskAsync("alice")));
        }

        for (int i = 0; i < 5; i++)
        {
            _primary.Waits();
            using var client = new CancellationTokenSource();
            Task<HttpResponseMessage> waiting = SendAsync(Of("alice"), client.Token);
            await client.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        _primary.Answers(200);
        _primary.Answers(200);
        using HttpResponseMessage one = await AskAsync("alice");
        using HttpResponseMessage two = await AskAsync("bob");
    }

    [Fact]
    public async Task Silence_OfAPrimaryThatIsThere_IsWaitedFor_AndOfOneThatIsGone_IsAnOutage()
    {
        TaskCompletionSource<HttpResponseMessage> late = _primary.Waits();
        Task<HttpResponseMessage> waiting = AskAsync("alice");
        _time.Turn(TimeSpan.FromSeconds(60));
        Assert.False(waiting.IsCompleted);
        late.SetResult(new HttpResponseMessage(HttpStatusCode.OK));
        (await waiting).Dispose();

        _wrong = new ProbeFailure("no answer within 30 s", IsReached: false);
        _primary.Waits();
        await Assert.ThrowsAnyAsync<PrimaryOutageException>(() => _time.TurnThroughAsync(AskAsync("alice")));
        Assert.True(_health.IsOut);
    }

    private Credential CredentialOf(string user) => _digester.Digest([new("header authorization", user)]);

    private UpstreamRead Of(string user) => new(s_repository, CredentialOf(user), AsksForRefs: true);

    private Task<HttpResponseMessage> AskAsync(string user) => SendAsync(Of(user));

    private Task<HttpResponseMessage> SendAsync(UpstreamRead read, CancellationToken cancellationToken = default) =>
        _http.SendAsync(
            read,
            static () => new HttpRequestMessage(HttpMethod.Get, "http://git.example.test/team/tool.git"),
            cancellationToken
        );

    /// <summary>Answers each request by the next line of its script.</summary>
    private sealed class ScriptedPrimary : HttpMessageHandler
    {
        private readonly Queue<Task<HttpResponseMessage>> _script = new();

        public int Requests { get; private set; }

        public void Answers(int status, int? retryAfter = null)
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status);
            if (retryAfter is { } seconds)
            {
                answer.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));
            }

            _script.Enqueue(Task.FromResult(answer));
        }

        public void Breaks(string how) => _script.Enqueue(Task.FromException<HttpResponseMessage>(new HttpRequestException(how)));

        public TaskCompletionSource<HttpResponseMessage> Waits()
        {
            var late = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
            _script.Enqueue(late.Task);
            return late;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return _script.Dequeue().WaitAsync(cancellationToken);
        }
    }
}
