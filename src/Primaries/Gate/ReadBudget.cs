using System.Threading.RateLimiting;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Limits the reads at the primary at once (<c>Primaries:0:MaxRequests</c>). Reads wait in the order in which they came. A read that has
/// waited too long is told to try again. Pushes need no place.
/// </summary>
/// <param name="most">0 is no limit.</param>
/// <param name="time">The clock of the waits.</param>
public sealed class ReadBudget(int most, TimeProvider time) : IDisposable
{
    /// <summary>The longest wait, and when to come again after it.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(10);

    private readonly ConcurrencyLimiter? _limiter =
        most == 0
            ? null
            : new ConcurrencyLimiter(
                new ConcurrencyLimiterOptions
                {
                    PermitLimit = most,
                    QueueLimit = int.MaxValue,
                    QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
                }
            );

    /// <summary>A place, to be given back by disposing it.</summary>
    /// <exception cref="PrimaryBusyException">None became free in time.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (_limiter is null)
        {
            return NoPlace.Instance;
        }

        using var wait = new CancellationTokenSource(s_wait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, cancellationToken);
        try
        {
            RateLimitLease lease = await _limiter.AcquireAsync(1, limit.Token);
            if (lease.IsAcquired)
            {
                return lease;
            }

            lease.Dispose();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is told below.
        }

        throw new PrimaryBusyException("too many requests wait for it", s_wait) { ConcernsAll = true };
    }

    public void Dispose() => _limiter?.Dispose();

    private sealed class NoPlace : IDisposable
    {
        public static readonly NoPlace Instance = new();

        public void Dispose() { }
    }
}
