using Polly;
using Polly.CircuitBreaker;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// The circuit breaker of a primary, by Polly. It gets a failure only if the node's own probe fails as well. So it opens at once.
/// </summary>
internal sealed class OutageCircuit
{
    /// <summary>The shortest break that Polly knows; the pauses between probes are longer.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromMilliseconds(500);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline _breaker;

    public OutageCircuit(TimeProvider time) =>
        _breaker = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions
                {
                    // Failures come in pairs, that of a request and that of the probe, and a pair must open it.
                    ShouldHandle = new PredicateBuilder().Handle<PrimaryException>(),
                    MinimumThroughput = 2,
                    FailureRatio = 0.01,
                    BreakDuration = Break,
                    StateProvider = _state,
                    ManualControl = _control,
                }
            )
            .Build();

    /// <summary>Whether there is an outage.</summary>
    public bool IsOpen => _state.CircuitState != CircuitState.Closed;

    /// <summary>A request has failed, and the probe after it as well.</summary>
    public async Task OpenAsync(string failure, string probeFailure, CancellationToken stopping)
    {
        await TellAsync(failure, stopping);
        await TellAsync(probeFailure, stopping);
    }

    /// <summary>The primary has answered.</summary>
    public Task CloseAsync() => _control.CloseAsync();

    /// <summary>In an outage: one more try, whose result decides whether the circuit closes.</summary>
    /// <param name="probe">Throws <see cref="PrimaryException"/> if the primary does not answer.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>Whether the primary answered.</returns>
    public async Task<bool> TryAsync(Func<CancellationToken, Task> probe, CancellationToken stopping)
    {
        try
        {
            await _breaker.ExecuteAsync(async token => await probe(token), stopping);
            return true;
        }
        catch (Exception e) when (e is PrimaryException or BrokenCircuitException)
        {
            return false;
        }
    }

    private async Task TellAsync(string failure, CancellationToken stopping) =>
        await _breaker.ExecuteOutcomeAsync<object, string>(
            static (_, said) => ValueTask.FromResult(Outcome.FromException<object>(new PrimaryException(said))),
            ResilienceContextPool.Shared.Get(stopping),
            failure
        );
}
