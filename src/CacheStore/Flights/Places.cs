using System.Diagnostics.CodeAnalysis;

namespace Waystation.CacheStore.Flights;

/// <summary>
/// Admits a fixed number at the same time, first come, first served. Disposing the result of an entry gives the place back, once.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds nothing to free until its wait handle is asked for.")]
public sealed class Places(int count)
{
    private readonly SemaphoreSlim _free = new(count);

    /// <summary>Nobody could enter now without waiting.</summary>
    public bool AreTaken => _free.CurrentCount == 0;

    /// <summary>Enters at once; null if all places are taken.</summary>
    public IDisposable? TryEnter() => _free.Wait(TimeSpan.Zero) ? new Place(_free) : null;

    /// <summary>Waits for a place.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Place(_free);
    }

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
