using Waystation.CacheStore.Packs.Filling;

namespace Waystation.FetchCore.Flights;

/// <summary>
/// Coalesces equal questions: an asker that finds a question in flight waits for its end and shares the <em>next</em> one with all that
/// wait then. So a shared answer is never older than an asker's question, and misses nothing that was acknowledged before. A question that
/// hangs holds up only its own asker: the others wait a bounded time, for the question before theirs and for their own, and then ask again.
/// </summary>
/// <typeparam name="TKey">The key; equal questions have equal keys.</typeparam>
/// <typeparam name="TAnswer">The answer.</typeparam>
/// <param name="time">The clock.</param>
public sealed class NextFlight<TKey, TAnswer>(TimeProvider time)
    where TKey : notnull
{
    /// <summary>Questions of others that hung; after so many, each asks for itself.</summary>
    private const int MaxAttempts = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Line> _lines = [];

    /// <summary>Asks, or shares a question that was not sent yet.</summary>
    /// <param name="key">The key of the question.</param>
    /// <param name="ask">Asks. It is not cancelled when one sharer leaves.</param>
    /// <param name="cancellationToken">This sharer's token.</param>
    public async Task<TAnswer> AskAsync(TKey key, Func<Task<TAnswer>> ask, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // They wait longer each time, so that not all of them ask a primary that is slow for all.
            TimeSpan patience = Fill.Patience * (1 << attempt);
            (Flight flight, Flight? ahead, bool isLeader) = Board(key, ask);
            if (ahead is not null && !await ahead.Over.EndsAsync(patience, time, cancellationToken))
            {
                Complete(key, ahead);
            }

            if (isLeader || await flight.Over.EndsAsync(patience, time, cancellationToken))
            {
                return await flight.Answer.WaitAsync(cancellationToken);
            }

            Complete(key, flight);
        }

        return await ask().WaitAsync(cancellationToken);
    }

    /// <summary>Takes a place on the next question; it is sent at once if none is in flight.</summary>
    private (Flight Flight, Flight? Ahead, bool IsLeader) Board(TKey key, Func<Task<TAnswer>> ask)
    {
        lock (_gate)
        {
            if (_lines.TryGetValue(key, out Line? line))
            {
                bool isLeader = line.Next is null;
                return (line.Next ??= new Flight(ask), line.Current, isLeader);
            }

            var flight = new Flight(ask);
            _lines.Add(key, new Line(flight));
            _ = FlyAsync(key, flight);
            return (flight, null, IsLeader: true);
        }
    }

    private async Task FlyAsync(TKey key, Flight flight)
    {
        await Task.Yield();
        await flight.AskAsync();
        Complete(key, flight);
    }

    /// <summary>The next question may be sent: this one has been answered, or hangs.</summary>
    private void Complete(TKey key, Flight flight)
    {
        lock (_gate)
        {
            if (flight.HasLanded)
            {
                return;
            }

            flight.HasLanded = true;
            Line line = _lines[key];
            if (line.Next is not { } next)
            {
                _lines.Remove(key);
                return;
            }

            (line.Current, line.Next) = (next, null);
            _ = FlyAsync(key, next);
        }
    }

    private sealed class Line(Flight current)
    {
        public Flight Current { get; set; } = current;

        public Flight? Next { get; set; }
    }

    /// <summary>One question, sent or to be sent.</summary>
    private sealed class Flight
    {
        private readonly Func<Task<TAnswer>> _ask;
        private readonly TaskCompletionSource<TAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Flight(Func<Task<TAnswer>> ask)
        {
            _ask = ask;

            // The askers of both have left.
            _ = _answer.Task.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }

        public Task<TAnswer> Answer => _answer.Task;

        /// <summary>Completes with the answer, without its result.</summary>
        public Task Over => _answer.Task;

        /// <summary>Guarded by the table's lock.</summary>
        public bool HasLanded { get; set; }

        [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Every failure reaches the waiters.")]
        public async Task AskAsync()
        {
            try
            {
                _answer.SetResult(await _ask());
            }
            catch (Exception e)
            {
                _answer.SetException(e);
            }
        }
    }
}
