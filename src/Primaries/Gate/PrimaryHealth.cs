using System.Diagnostics.CodeAnalysis;
using Polly;
using Polly.CircuitBreaker;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Whether a primary answers at all. An outage is entered only when a request failed and the node's own probe fails as well; it ends with
/// the first probe, or the first request of any kind, that is answered.
/// <code>
///   a read fails ──► probe ──fails──► out ──► probe, probe, … with backoff ──answered──► in
///                      └─answered──► the request alone has failed
/// </code>
/// A failing status may come from a rate limit that one client has used up (nginx answers 503 then). Hence it takes several probes in a row
/// that all get one, and nothing else may be answered meanwhile: a limit lets some requests through, an outage none.
/// <para>
/// A primary that is at work on as many requests as it takes at a time leaves the probe waiting like all others. So a probe that was not
/// answered in time tells of no outage while other requests are answered, or bytes of their responses come.
/// </para>
/// </summary>
/// <param name="name">The primary's, for the log.</param>
/// <param name="probe">Asks for something harmless; says what is wrong, null where the primary answers.</param>
public sealed class PrimaryHealth : IDisposable
{
    /// <summary>The shortest that Polly knows; the pauses between probes are longer.</summary>
    private static readonly TimeSpan s_break = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    /// <summary>How many probes must get a failing status, one after the other.</summary>
    private const int Looks = 3;

    /// <summary>Between these probes. Together they last longer than a second, in which the strictest usual limit lets a request
    /// through.</summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(700);

    /// <summary>How long a request that failed and was answered when it was sent again speaks against an outage.</summary>
    private static readonly TimeSpan s_unevenFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Func<CancellationToken, Task<ProbeFailure?>> _probe;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline _breaker;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The probes after a failure: those after a failing status, and those after any other.</summary>
    private readonly SingleFlight<bool, bool> _judging = new();

    /// <summary>In an outage, the look whether it is over; there is one at most.</summary>
    private readonly SingleFlight<PrimaryHealth, bool> _looking = new();
    private Task _returning = Task.CompletedTask;
    private string _reason = "";
    private bool _isReached;
    private long _answers;
    private long _heardAt = long.MinValue;
    private long? _unevenAt;
    private bool _isDisposed;

    public PrimaryHealth(string name, Func<CancellationToken, Task<ProbeFailure?>> probe, TimeProvider time, ILogger logger)
    {
        (_name, _probe, _time, _logger) = (name, probe, time, logger);
        _breaker = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions
                {
                    // It is told of failures only in pairs, a request's and the probe's, and then it is to open.
                    ShouldHandle = new PredicateBuilder().Handle<PrimaryException>(),
                    MinimumThroughput = 2,
                    FailureRatio = 0.01,
                    BreakDuration = s_break,
                    StateProvider = _state,
                    ManualControl = _control,
                }
            )
            .Build();
    }

    /// <summary>An outage is known now.</summary>
    public bool IsOut => _state.CircuitState != CircuitState.Closed;

    /// <summary>In an outage: something answers for the primary, with a status that says that it fails. Then everybody's own question may
    /// be sent.</summary>
    public bool IsReached => Volatile.Read(ref _isReached);

    /// <summary>
    /// A read failed by a status a short while ago and was answered when it was sent again: the primary answers some and turns others away,
    /// as with a rate limit. Such statuses tell of no outage.
    /// </summary>
    public bool IsUneven
    {
        get
        {
            lock (_gate)
            {
                return _unevenAt is { } at && _time.GetElapsedTime(at) < s_unevenFor;
            }
        }
    }

    /// <summary>The node goes down.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>What every request fails with that is not sent for the outage.</summary>
    public PrimaryOutageException Failure(Exception? cause = null) => new(Volatile.Read(ref _reason), status: null, cause);

    /// <summary>A request failed: whether that is an outage, by a probe that all share who ask before it is sent.</summary>
    /// <param name="failure">What failed.</param>
    /// <param name="isStatus">It failed by a status; only then one that the probe gets is a failure as well.</param>
    public async Task<bool> JudgeAsync(string failure, bool isStatus = false)
    {
        Task<bool> judging = JoinOrBegin(failure, isStatus, out bool began);
        bool isOut = await judging;
        // What was answered to a probe of before this failure says nothing of it.
        return isOut || (!began && await JoinOrBegin(failure, isStatus, out _));
    }

    /// <summary>Waits for the primary, and looks after each time of silence whether it is there; false where it is not. A failure is the
    /// task's own.</summary>
    public async Task<bool> EndsAsync(Task waited, TimeSpan patience)
    {
        while (true)
        {
            await waited.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (waited.IsCompleted)
            {
                return true;
            }

            Task<bool> judging = JudgeAsync($"no answer within {patience.TotalSeconds:0} s");
            await Task.WhenAny(waited, judging);
            if (!waited.IsCompleted && await judging)
            {
                return false;
            }
        }
    }

    /// <summary>In an outage: looks whether it is over, by a probe that all share who ask before it is sent, so that whoever comes first
    /// after it is served afresh.</summary>
    /// <param name="patience">How long at most; a primary that is gone mostly says so at once.</param>
    public async Task<bool> HasReturnedAsync(TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience, _time);
        bool began = false;
        while (IsOut && !began && !late.IsCancellationRequested)
        {
            // What a probe found that was sent before says nothing of now.
            Task looking = _looking.JoinOrBegin(this, _ => LookAsync(), out began);
            await looking.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !IsOut;
    }

    /// <summary>A read failed by a status, and was answered when it was sent again.</summary>
    public void NoteUneven()
    {
        lock (_gate)
        {
            _unevenAt = _time.GetTimestamp();
        }
    }

    /// <summary>Bytes came from the primary.</summary>
    public void Hear() => Interlocked.Exchange(ref _heardAt, _time.GetTimestamp());

    /// <summary>The primary answered a request.</summary>
    public async ValueTask AnsweredAsync()
    {
        Interlocked.Increment(ref _answers);
        Hear();
        if (IsOut)
        {
            await _control.CloseAsync();
            _logger.OutageEnded(_name);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        _stopping.Cancel();
        _returning.Wait(TimeSpan.FromSeconds(1));
        _stopping.Dispose();
    }

    private Task<bool> JoinOrBegin(string failure, bool isStatus, out bool began)
    {
        began = false;
        return IsOut ? Task.FromResult(true) : _judging.JoinOrBegin(isStatus, _ => ProbeAfterAsync(failure, isStatus), out began);
    }

    /// <summary>True where the primary answers.</summary>
    private async Task<bool> LookAsync()
    {
        if (await _probe(_stopping.Token) is { } wrong)
        {
            Volatile.Write(ref _isReached, wrong.IsReached);
            return false;
        }

        await AnsweredAsync();
        return true;
    }

    private async Task<bool> ProbeAfterAsync(string failure, bool isStatus)
    {
        try
        {
            if (!IsOut && await LookAfterAsync(isStatus) is { } wrong)
            {
                Volatile.Write(ref _reason, failure);
                Volatile.Write(ref _isReached, wrong.IsReached);
                await TellBreakerAsync(failure);
                await TellBreakerAsync(wrong.Message);
                _logger.OutageBegan(_name, failure, wrong.Message);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        finally
        {
            lock (_gate)
            {
                if (IsOut && _returning.IsCompleted)
                {
                    _returning = AwaitReturnAsync();
                }
            }
        }

        return IsOut;
    }

    /// <summary>What the node finds wrong itself; null where the request alone has failed.</summary>
    private async Task<ProbeFailure?> LookAfterAsync(bool isStatus)
    {
        long answers = Interlocked.Read(ref _answers);
        for (int look = 1; ; look++)
        {
            long begun = _time.GetTimestamp();
            ProbeFailure? wrong = await _probe(_stopping.Token);
            if (wrong is { IsLate: true } && HasHeardSinceHalfOf(begun))
            {
                return null;
            }

            if (wrong is null or { IsReached: false })
            {
                return wrong;
            }

            if (!isStatus || IsUneven || Interlocked.Read(ref _answers) != answers)
            {
                return null;
            }

            if (look == Looks)
            {
                return wrong;
            }

            await Task.Delay(s_betweenLooks, _time, _stopping.Token);
        }
    }

    /// <summary>Something came in the second half of the time since then; what came in the first may have been the last.</summary>
    private bool HasHeardSinceHalfOf(long begun)
    {
        long now = _time.GetTimestamp();
        return Interlocked.Read(ref _heardAt) > begun + ((now - begun) / 2);
    }

    private async Task TellBreakerAsync(string failure) =>
        await _breaker.ExecuteOutcomeAsync<object, string>(
            static (_, said) => ValueTask.FromResult(Outcome.FromException<object>(new PrimaryException(said))),
            ResilienceContextPool.Shared.Get(_stopping.Token),
            failure
        );

    /// <summary>Probes until one is answered: soon at first, then ever less often.</summary>
    [SuppressMessage("Security", "CA5394", Justification = "Jitter, no secret.")]
    private async Task AwaitReturnAsync()
    {
        await Task.Yield();
        TimeSpan pause = s_break;
        try
        {
            while (IsOut)
            {
                await Task.Delay(pause * (1 + (0.2 * Random.Shared.NextDouble())), _time, _stopping.Token);
                pause = pause * 1.5 < s_longestPause ? pause * 1.5 : s_longestPause;
                await ProbeOnceAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task ProbeOnceAsync()
    {
        try
        {
            // Half open: what comes of this one decides.
            bool wasOut = IsOut;
            await _breaker.ExecuteAsync(
                async token =>
                {
                    if (await _probe(token) is { } wrong)
                    {
                        // It may be only the front page that fails: questions for refs may try.
                        Volatile.Write(ref _isReached, wrong.IsReached);
                        throw new PrimaryException(wrong.Message);
                    }
                },
                _stopping.Token
            );
            if (wasOut)
            {
                _logger.OutageEnded(_name);
            }
        }
        catch (Exception e) when (e is PrimaryException or BrokenCircuitException)
        {
            // Still out.
        }
    }
}
