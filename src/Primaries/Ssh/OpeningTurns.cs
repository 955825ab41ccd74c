using Waystation.CacheStore.Flights;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// Limits the connections to the primary that are opened at once. OpenSSH's sshd turns connections away at random when ten have not
/// logged in yet (sshd_config(5), MaxStartups).
/// </summary>
internal sealed class OpeningTurns
{
    private const int MaxOpening = 8;

    /// <summary>An opening may wait for a user to touch a token; others must not wait for that.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    private readonly Places _places = new(MaxOpening);

    /// <summary>Waits for a turn; null if that takes too long, and the opening goes on without one.</summary>
    public async Task<IDisposable?> EnterAsync(CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        wait.CancelAfter(s_longestWait);
        try
        {
            return await _places.EnterAsync(wait.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
