using Waystation.CacheStore;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Lets equal questions for refs, by one credential, share one question to the primary. A shared answer must have been
/// asked for after each sharer arrived, or a push acknowledged in between would be missed: whoever comes while a question
/// is under way waits for it to end and shares the next one.
/// </summary>
public sealed class SharedRefs
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(RepositoryName, Credential, RefsQuestion), Flight> _flights = [];

    /// <summary>Asks, or shares a question that has not been sent yet.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="credential">In whose name; nobody shares another's.</param>
    /// <param name="question">What; another question is another answer.</param>
    /// <param name="ask">Asks the primary. It is not cancelled when one sharer leaves.</param>
    /// <param name="cancellationToken">This sharer's.</param>
    public Task<AccessView?> AskAsync(
        RepositoryName repository, Credential credential, RefsQuestion question, Func<Task<AccessView?>> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        (RepositoryName, Credential, RefsQuestion) key = (repository, credential, question);
        lock (_gate)
        {
            if (!_flights.TryGetValue(key, out Flight? flight))
            {
                flight = new Flight();
                _flights.Add(key, flight);
                flight.Current = FlyAsync(key, flight, ask);
                return flight.Current.WaitAsync(cancellationToken);
            }

            flight.NextAsk ??= ask;
            flight.Next ??= new TaskCompletionSource<AccessView?>(TaskCreationOptions.RunContinuationsAsynchronously);
            return flight.Next.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task<AccessView?> FlyAsync((RepositoryName, Credential, RefsQuestion) key, Flight flight, Func<Task<AccessView?>> ask)
    {
        await Task.Yield();
        try
        {
            return await ask();
        }
        finally
        {
            Land(key, flight);
        }
    }

    private void Land((RepositoryName, Credential, RefsQuestion) key, Flight flight)
    {
        lock (_gate)
        {
            if (flight.Next is not { } next || flight.NextAsk is not { } nextAsk)
            {
                _flights.Remove(key);
                return;
            }

            (flight.Next, flight.NextAsk) = (null, null);
            flight.Current = FlyAsync(key, flight, nextAsk);
            _ = flight.Current.ContinueWith(
                landed => Hand(landed, next), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static void Hand(Task<AccessView?> landed, TaskCompletionSource<AccessView?> next)
    {
        if (landed.IsCompletedSuccessfully)
        {
            next.SetResult(landed.Result);
        }
        else
        {
            next.SetException(landed.Exception?.InnerExceptions ?? (IEnumerable<Exception>)[new OperationCanceledException()]);
        }
    }

    private sealed class Flight
    {
        public Task<AccessView?>? Current { get; set; }

        public TaskCompletionSource<AccessView?>? Next { get; set; }

        public Func<Task<AccessView?>>? NextAsk { get; set; }
    }
}
