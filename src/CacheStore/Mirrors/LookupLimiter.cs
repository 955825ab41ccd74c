using Waystation.CacheStore.Flights;

namespace Waystation.CacheStore.Mirrors;

/// <summary>How many look-ups are made in mirrors at the same time. Each occupies a git: a storm of small requests must not start one
/// each.</summary>
public sealed class LookupLimiter(MirrorOptions options, TimeProvider time)
{
    private readonly Places _places = new(options.MaxLookups);

    /// <summary>All turns are taken.</summary>
    public bool AreTaken => _places.AreTaken;

    /// <summary>Waits for a turn. Disposing the result ends the turn.</summary>
    /// <exception cref="TooManyWaitingException">No turn became free in time.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_places.TryEnter() is { } turn)
        {
            return turn;
        }

        using var limit = new CancellationTokenSource(options.SyncWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _places.EnterAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TooManyWaitingException("too many requests wait for a look-up in their mirrors (Mirrors:MaxLookups)");
        }
    }
}
