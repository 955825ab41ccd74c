using System.Diagnostics.CodeAnalysis;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Whether a primary answers at all. An outage begins only when a request failed and the node's own probe fails as well. It ends with the
/// first probe, or the first request of any kind, that is answered.
/// <code>
///   a read fails ──► probe ──fails──► out ──► probe, probe, … with backoff ──answered──► in
///                      └─answered──► the request alone has failed
/// </code>
/// A failing status may come from a rate limit that one client has used up (nginx answers 503 then). So several probes in a row must get a
/// failing status, and no other request may be answered meanwhile: a limit lets some requests through, an outage none.
/// <para>
/// A primary that works on as many requests as it accepts at a time leaves the probe waiting as well. So a probe without an answer in time
/// shows no outage while other requests are answered, or bytes of their responses come.
/// </para>
/// </summary>
public sealed class PrimaryHealth : IDisposable
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    /// <summary>The number of probes in a row that must get a failing status.</summary>
    private const int Looks = 3;

    /// <summary>
    /// The pause between these probes. Together they last longer than a second, in which the strictest usual limit lets a request through.
    /// </summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(700);

    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Func<CancellationToken, Task<ProbeFailure?>> _probe;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly OutageCircuit _circuit;
    private readonly PrimarySigns _signs;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The probes after a failure: those after a failing status, and those after any other.</summary>
    private readonly SingleFlight<bool, bool> _judging = new();

    /// <summary>In an outage, the look whether it is over; there is one at most.</summary>
    private readonly SingleFlight<PrimaryHealth, bool> _looking = new();
    private Task _returning = Task.CompletedTask;
    private string _reason = "";
    private bool _isReached;
    private bool _isDisposed;

    public PrimaryHealth(string name, Func<CancellationToken, Task<ProbeFailure?>> probe, TimeProvider time, ILogger logger)
    {
        (_name, _probe, _time, _logger) = (name, probe, time, logger);
        _circuit = new OutageCircuit(time);
        _signs = new PrimarySigns(time);
    }

    /// <summary>Whether there is an outage.</summary>
    public bool IsOut => _circuit.IsOpen;

    /// <summary>
    /// In an outage: the primary's address answers, with a status that says that it fails. Then each client's own question may be sent.
    /// </summary>
    public bool IsReached => Volatile.Read(ref _isReached);

    /// <summary>
    /// A read failed by a status a short while ago and was answered when it was sent again: the primary answers some and turns others away,
    /// as with a rate limit. Such statuses tell of no outage.
    /// </summary>
    public bool IsUneven => _signs.IsUneven;

    /// <summary>Cancelled when the node stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>The failure of a request that is not sent because of the outage.</summary>
    public PrimaryOutageException Failure(Exception? cause = null) => new(Volatile.Read(ref _reason), status: null, cause);

    /// <summary>Says whether a failed request means an outage. Callers that come before the probe is sent share it.</summary>
    /// <param name="failure">The failure, for the log.</param>
    /// <param name="isStatus">The request failed by a status. Only then a failing status of the probe counts as well.</param>
    public async Task<bool> JudgeAsync(string failure, bool isStatus = false)
    {
        Task<bool> judging = JoinOrBegin(failure, isStatus, out bool began);
        bool isOut = await judging;
        // A probe that was sent before this failure says nothing about it.
        return isOut || (!began && await JoinOrBegin(failure, isStatus, out _));
    }

    /// <summary>
    /// Waits for the primary. After each time of silence a probe looks whether the primary is there; false if it is not. The task keeps its
    /// own failure.
    /// </summary>
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

    /// <summary>
    /// In an outage: looks whether it is over. Callers that come before the probe is sent share it, so the first client after the outage
    /// gets a fresh answer.
    /// </summary>
    /// <param name="patience">The longest wait. The connection to a primary that is gone mostly fails at once.</param>
    public async Task<bool> HasReturnedAsync(TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience, _time);
        bool began = false;
        while (IsOut && !began && !late.IsCancellationRequested)
        {
            // A probe that was sent earlier says nothing about now.
            Task looking = _looking.JoinOrBegin(this, _ => LookAsync(), out began);
            await looking.WaitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return !IsOut;
    }

    /// <summary>A read failed by a status, and was answered when it was sent again.</summary>
    public void NoteUneven() => _signs.NoteUneven();

    /// <summary>Bytes came from the primary.</summary>
    public void Hear() => _signs.NoteBytes();

    /// <summary>The primary answered a request.</summary>
    public async ValueTask AnsweredAsync()
    {
        _signs.NoteAnswer();
        if (IsOut)
        {
            await _circuit.CloseAsync();
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

    /// <summary>Probes; true if the primary answers.</summary>
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
                await _circuit.OpenAsync(failure, wrong.Message, _stopping.Token);
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

    /// <summary>The failure that the node's own probe finds; null if only the request has failed.</summary>
    private async Task<ProbeFailure?> LookAfterAsync(bool isStatus)
    {
        long answers = _signs.Answers;
        for (int look = 1; ; look++)
        {
            long begun = _time.GetTimestamp();
            ProbeFailure? wrong = await _probe(_stopping.Token);
            if (wrong is { IsLate: true } && _signs.HasBytesSinceHalfOf(begun))
            {
                return null;
            }

            if (wrong is null or { IsReached: false })
            {
                return wrong;
            }

            if (!isStatus || IsUneven || _signs.Answers != answers)
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

    /// <summary>Probes until one is answered: soon at first, then less and less often.</summary>
    [SuppressMessage("Security", "CA5394", Justification = "Jitter, no secret.")]
    private async Task AwaitReturnAsync()
    {
        await Task.Yield();
        TimeSpan pause = OutageCircuit.Break;
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
        bool wasOut = IsOut;
        bool hasAnswered = await _circuit.TryAsync(
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
        if (hasAnswered && wasOut)
        {
            _logger.OutageEnded(_name);
        }
    }
}
