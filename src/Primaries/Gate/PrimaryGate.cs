using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// The gate in front of a primary, the same for HTTP and for SSH: a read is sent only where it may be and can be, and its outcome is noted.
/// <code>
///   read ──► told to come later? ──► outage, and this credential's own question failed just now? ──► a free place? ──► sent
/// </code>
/// As long as something answers for the primary, nobody is told of the outage before his own question has failed: a credential that was
/// refused meanwhile hears so. Pushes and all else go round the gate: they are tried once, whatever is known.
/// </summary>
/// <param name="health">Whether the primary answers at all.</param>
/// <param name="repositories">The repositories that the primary fails to serve.</param>
/// <param name="budget">The places of all reads at this primary.</param>
/// <param name="time">The clock.</param>
public sealed class PrimaryGate(PrimaryHealth health, RepositoryOutages repositories, ReadBudget budget, TimeProvider time)
{
    /// <summary>A primary may think for long; but after each such time in silence the node sees for itself whether it is there.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>In an outage, for a look whether it is over: enough for a connection and a handshake far away.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>Whether the primary answers at all.</summary>
    public PrimaryHealth Health => health;

    /// <summary>The repositories that the primary fails to serve.</summary>
    public RepositoryOutages Repositories => repositories;

    /// <summary>The credentials that the primary told to come again later.</summary>
    public RetryAfterTable Holds { get; } = new(time);

    /// <summary>The credentials whose own question failed in an outage a moment ago.</summary>
    public CredentialPauses Pauses { get; } = new(time);

    /// <summary>A question for refs by this credential would not be sent now.</summary>
    public bool IsOut(RepositoryName repository, Credential credential) =>
        (health.IsOut && !health.IsReached)
        || ((health.IsOut || repositories.StatusOf(repository) is not null) && Pauses.IsPaused(repository, credential));

    /// <summary>Waits until a read may be sent; disposing the result gives its place to the next.</summary>
    /// <param name="read">The read.</param>
    /// <param name="cancellationToken">The asker's.</param>
    /// <exception cref="PrimaryOutageException">An outage.</exception>
    /// <exception cref="PrimaryBusyException">This credential is to come again later, or no place became free in time.</exception>
    public async ValueTask<IDisposable> EnterAsync(UpstreamRead read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        Holds.ThrowIfHeld(read.Repository, read.Credential);
        if (health.IsOut && !MayAskAllTheSame(read) && !await health.HasReturnedAsync(s_look) && !MayAskAllTheSame(read))
        {
            throw health.Failure();
        }

        return await budget.EnterAsync(cancellationToken);
    }

    /// <summary>What a failure of the connection is: an outage, where the node's own look fails as well, or this request's alone.</summary>
    /// <param name="reason">What failed.</param>
    /// <param name="cause">The failure.</param>
    public async Task<PrimaryException> JudgeAsync(string reason, Exception cause) =>
        await health.JudgeAsync(reason) ? health.Failure(cause) : new PrimaryException(reason, cause);

    /// <summary>In an outage: something answers for the primary, and what it answers to this credential is not known.</summary>
    private bool MayAskAllTheSame(UpstreamRead read) =>
        read.AsksForRefs && health.IsReached && !Pauses.IsPaused(read.Repository, read.Credential);
}
