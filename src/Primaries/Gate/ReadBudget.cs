using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Limits the reads at the primary at once (<c>Primaries:0:MaxRequests</c>). Reads wait in the order in which they came. A read that has
/// waited too long is told to try again. Pushes need no place.
/// </summary>
/// <param name="most">0 is no limit.</param>
/// <param name="time">The clock of the waits.</param>
public sealed class ReadBudget(int most, TimeProvider time)
{
    /// <summary>The longest wait, and the time after which to come again.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(10);

    private readonly Places? _places = most == 0 ? null : new Places(most);

    /// <summary>Waits for a place. Disposal gives it back.</summary>
    /// <exception cref="PrimaryBusyException">No place became free in time.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (_places is null)
        {
            return NoPlace.Instance;
        }

        using var wait = new CancellationTokenSource(s_wait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
        try
        {
            return await _places.EnterAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrimaryBusyException("too many reads of the primary wait (Primaries:0:MaxRequests)", s_wait) { ConcernsAll = true };
        }
    }

    private sealed class NoPlace : IDisposable
    {
        public static readonly NoPlace Instance = new();

        public void Dispose() { }
    }
}
