using Waystation.CacheStore;
using Waystation.CacheStore.Packs;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Lets equal questions for refs, by one credential, share one question to the primary. A shared answer must have been
/// asked for after each sharer arrived, or a push acknowledged in between would be missed: whoever comes while a question
/// is under way waits for it to end and shares the next one. A question that hangs holds up only the one who asks it: the
/// others wait a bounded moment, for the one before theirs as for their own, and ask anew.
/// </summary>
public sealed class SharedRefs(TimeProvider time)
{
    /// <summary>Questions of others that hung; after so many, each asks for itself.</summary>
    private const int MaxAttempts = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<(RepositoryName, Credential, RefsQuestion), Line> _lines = [];

    /// <summary>Asks, or shares a question that has not been sent yet.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">In whose name; nobody shares another's.</param>
    /// <param name="question">What; another question is another answer.</param>
    /// <param name="ask">Asks the primary. It is not cancelled when one sharer leaves.</param>
    /// <param name="cancellationToken">This sharer's.</param>
    public async Task<AccessView?> AskAsync(
        RepositoryName repository,
        Credential credential,
        RefsQuestion question,
        Func<Task<AccessView?>> ask,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(ask);
        (RepositoryName, Credential, RefsQuestion) key = (repository, credential, question);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // A primary that is slow for all is not asked by all of them: they wait longer each time.
            TimeSpan patience = Fill.Patience * (1 << attempt);
            (Flight flight, Flight? ahead, bool isLeader) = Board(key, ask);
            if (ahead is not null && !await ahead.Over.EndsAsync(patience, time, cancellationToken))
            {
                Land(key, ahead);
            }

            if (isLeader || await flight.Over.EndsAsync(patience, time, cancellationToken))
            {
                return await flight.Answer.WaitAsync(cancellationToken);
            }

            Land(key, flight);
        }

        return await ask().WaitAsync(cancellationToken);
    }

    /// <summary>A place on the question that is sent next: at once where none is under way.</summary>
    private (Flight Flight, Flight? Ahead, bool IsLeader) Board((RepositoryName, Credential, RefsQuestion) key, Func<Task<AccessView?>> ask)
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

    private async Task FlyAsync((RepositoryName, Credential, RefsQuestion) key, Flight flight)
    {
        await Task.Yield();
        await flight.AskAsync();
        Land(key, flight);
    }

    /// <summary>The next question may be sent: this one has been answered, or hangs.</summary>
    private void Land((RepositoryName, Credential, RefsQuestion) key, Flight flight)
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
        private readonly Func<Task<AccessView?>> _ask;
        private readonly TaskCompletionSource<AccessView?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Flight(Func<Task<AccessView?>> ask)
        {
            _ask = ask;

            // Whoever waits for neither has left.
            _ = _answer.Task.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }

        public Task<AccessView?> Answer => _answer.Task;

        /// <summary>The same without what came of it.</summary>
        public Task Over => _answer.Task;

        /// <summary>Guarded by the table's lock.</summary>
        public bool HasLanded { get; set; }

        [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "Every failure is handed to those who wait.")]
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
