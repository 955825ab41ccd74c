using System.Collections.Concurrent;
using System.Globalization;
using Polly;
using Polly.CircuitBreaker;
using Waystation.CacheStore;
using Waystation.FetchCore.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// Repositories that their primary fails to serve (500, 502, 503, 504) while it answers otherwise: a circuit breaker for each, made with the first
/// failure and gone with the first answer. It opens at the second failure, and lets one request through after every pause.
/// </summary>
internal sealed class RepositoryCircuits(TimeProvider time)
{
    /// <summary>Guards memory against a primary that fails whatever it is asked.</summary>
    private const int MaxCircuits = 4_096;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<RepositoryName, Circuit> _circuits = new();

    /// <summary>A read of this repository would not be sent now.</summary>
    public bool IsOpen(RepositoryName repository) => _circuits.TryGetValue(repository, out Circuit? circuit) && circuit.Rejects;

    /// <summary>Whether an answer says that the primary, or what stands behind it, fails.</summary>
    public static bool IsFailure(HttpResponseMessage response) => (int)response.StatusCode is 500 or 502 or 503 or 504;

    /// <summary>Sends a read unless its repository is out.</summary>
    /// <exception cref="PrimaryOutageException">The repository is out, or has just been found to be.</exception>
    public async Task<HttpResponseMessage> SendAsync(RepositoryName repository, Func<Task<HttpResponseMessage>> send)
    {
        if (!_circuits.TryGetValue(repository, out Circuit? circuit))
        {
            HttpResponseMessage first = await send();
            if (!IsFailure(first))
            {
                return first;
            }

            if (_circuits.Count >= MaxCircuits)
            {
                _circuits.Clear();
            }

            circuit = _circuits.GetOrAdd(repository, _ => new Circuit(time));
            return await circuit.TellAsync(first);
        }

        HttpResponseMessage response = await circuit.SendAsync(send);
        if (!IsFailure(response))
        {
            _circuits.TryRemove(new KeyValuePair<RepositoryName, Circuit>(repository, circuit));
        }

        return response;
    }

    private sealed class Circuit
    {
        private readonly CircuitBreakerStateProvider _state = new();
        private readonly ResiliencePipeline<HttpResponseMessage> _breaker;
        private readonly TimeProvider _time;
        private long _openedAt;
        private long _openFor;
        private int _status;

        public Circuit(TimeProvider time)
        {
            _time = time;
            _breaker = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddCircuitBreaker(Options()).Build();
        }

        public bool Rejects => IsOpen && _time.GetElapsedTime(Volatile.Read(ref _openedAt)).Ticks < Volatile.Read(ref _openFor);

        private bool IsOpen => _state.CircuitState is CircuitState.Open or CircuitState.HalfOpen;

        public Task<HttpResponseMessage> TellAsync(HttpResponseMessage response) => SendAsync(() => Task.FromResult(response));

        public async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send)
        {
            HttpResponseMessage response;
            try
            {
                response = await _breaker.ExecuteAsync(async _ => await send());
            }
            catch (BrokenCircuitException e)
            {
                throw Failure(e);
            }

            if (IsFailure(response))
            {
                Volatile.Write(ref _status, (int)response.StatusCode);
                if (IsOpen)
                {
                    response.Dispose();
                    throw Failure(null);
                }
            }

            return response;
        }

        private PrimaryOutageException Failure(Exception? cause)
        {
            int status = Volatile.Read(ref _status);
            return new PrimaryOutageException(string.Create(CultureInfo.InvariantCulture, $"it answers {status} for this repository"), status, cause);
        }

        private CircuitBreakerStrategyOptions<HttpResponseMessage> Options() => new()
        {
            ShouldHandle = new PredicateBuilder<HttpResponseMessage>().HandleResult(IsFailure),
            MinimumThroughput = 2,
            FailureRatio = 0.9,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDurationGenerator = static failed => ValueTask.FromResult(
                TimeSpan.FromSeconds(Math.Min(s_longestPause.TotalSeconds, Math.Pow(2, Math.Min(failed.HalfOpenAttempts, 8))))),
            OnOpened = opened =>
            {
                Volatile.Write(ref _openFor, opened.BreakDuration.Ticks);
                Volatile.Write(ref _openedAt, _time.GetTimestamp());
                return ValueTask.CompletedTask;
            },
            StateProvider = _state,
        };
    }
}
