namespace Waystation.CacheStore.Flights;

/// <summary>Work that runs apart from the caller that began it. Its owner disposes this, which cancels the work and awaits it.</summary>
internal sealed class OwnedWork : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _work = [];
    private readonly CancellationTokenSource _stopping = new();
    private bool _hasEnded;

    public OwnedWork() => Stopping = _stopping.Token;

    /// <summary>Cancelled when the owner ends.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Begins work, which handles its own failures.</summary>
    /// <exception cref="ObjectDisposedException">The owner has ended.</exception>
    public void Begin(Func<Task> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            Task running = Task.Run(work);
            _work.Add(running);
            _ = running.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Task[] work;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            work = [.. _work];
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(work);
        _stopping.Dispose();
    }

    private void Forget(Task work)
    {
        lock (_gate)
        {
            _work.Remove(work);
        }
    }
}
