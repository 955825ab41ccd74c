using Waystation.CacheStore;

namespace Waystation.FetchCore.Flights;

/// <summary>The fetches whose answer has not begun. Background work lets those of its repository go first.</summary>
public sealed class FetchesUnderWay(TimeProvider time)
{
    /// <summary>A fetch may wait long for its primary.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<RepositoryName, List<TaskCompletionSource>> _fetches = [];

    /// <summary>A fetch begins. Disposing the result says that its answer has begun, or that there will be none.</summary>
    public IDisposable Begin(RepositoryName repository)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (!_fetches.TryGetValue(repository, out List<TaskCompletionSource>? fetches))
            {
                _fetches[repository] = fetches = [];
            }

            fetches.Add(ended);
        }

        return new Fetch(this, repository, ended);
    }

    /// <summary>Waits until the present fetches of a repository have their answers; later ones do not count.</summary>
    public async Task PresentAnsweredAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        Task present;
        lock (_gate)
        {
            present = _fetches.TryGetValue(repository, out List<TaskCompletionSource>? fetches)
                ? Task.WhenAll(fetches.Select(static fetch => fetch.Task))
                : Task.CompletedTask;
        }

        try
        {
            await present.WaitAsync(s_patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The others have waited long enough.
        }
    }

    private void End(RepositoryName repository, TaskCompletionSource ended)
    {
        lock (_gate)
        {
            if (_fetches[repository].Remove(ended) && _fetches[repository].Count == 0)
            {
                _fetches.Remove(repository);
            }
        }

        ended.TrySetResult();
    }

    private sealed class Fetch(FetchesUnderWay all, RepositoryName repository, TaskCompletionSource ended) : IDisposable
    {
        public void Dispose()
        {
            if (!ended.Task.IsCompleted)
            {
                all.End(repository, ended);
            }
        }
    }
}
