namespace Waystation.CacheStore.Mirrors;

/// <summary>How many look-ups are made in mirrors at the same time. Each starts a git: a storm of small requests must not start one
/// each.</summary>
public sealed class LookupTurns(MirrorOptions options, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.MaxLookups);

    /// <summary>All turns are taken.</summary>
    public bool AreTaken => _free.CurrentCount == 0;

    /// <summary>Waits for a turn, which disposal ends.</summary>
    /// <exception cref="PackTurnsFullException">None became free in time.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (_free.Wait(0, cancellationToken))
        {
            return new Turn(_free);
        }

        using var limit = new CancellationTokenSource(options.SyncWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _free.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PackTurnsFullException("too many requests wait for a look into their mirrors");
        }

        return new Turn(_free);
    }

    /// <inheritdoc />
    public void Dispose() => _free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
