using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// The gate in front of a primary, the same for HTTP and for SSH: it sends a read only if the read may and can be sent, and notes the
/// outcome.
/// <code>
///   read ──► told to come later? ──► outage, and this credential's own question failed just now? ──► a free place? ──► sent
/// </code>
/// While the primary's address answers, a credential gets the outage only after its own question has failed. So a credential that was
/// revoked meanwhile gets the refusal. Pushes and other requests do not pass the gate: they are tried once.
/// </summary>
/// <param name="health">The health of the primary.</param>
/// <param name="repositories">The repositories that the primary fails to serve.</param>
/// <param name="budget">The budget of reads at this primary.</param>
/// <param name="time">The clock.</param>
public sealed class PrimaryGate(PrimaryHealth health, RepositoryOutages repositories, ReadBudget budget, TimeProvider time)
{
    /// <summary>A primary may compute for a long time, but after this silence the node probes it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The time of a probe in an outage: enough for a connection and a handshake with a far primary.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>The health of the primary.</summary>
    public PrimaryHealth Health => health;

    /// <summary>The repositories that the primary fails to serve.</summary>
    public RepositoryOutages Repositories => repositories;

    /// <summary>The credentials that the primary told to come again later.</summary>
    public RetryAfterTable Holds { get; } = new(time);

    /// <summary>The credentials whose own question failed in an outage a moment ago.</summary>
    public CredentialPauses Pauses { get; } = new(time);

    /// <summary>Whether a question for refs by this credential would not be sent now.</summary>
    public bool IsOut(RepositoryName repository, Credential credential) =>
        (health.IsOut && !health.IsReached)
        || ((health.IsOut || repositories.StatusOf(repository) is not null) && Pauses.IsPaused(repository, credential));

    /// <summary>Waits until a read may be sent. Disposing the result gives its place to the next read.</summary>
    /// <param name="read">The read.</param>
    /// <param name="cancellationToken">The asker's token.</param>
    /// <exception cref="PrimaryOutageException">An outage.</exception>
    /// <exception cref="PrimaryBusyException">This credential must come again later, or no place became free in time.</exception>
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

    /// <summary>Judges a failure of the connection: an outage, if the node's own probe fails as well, or a failure of this request
    /// only.</summary>
    /// <param name="reason">The failure in words.</param>
    /// <param name="cause">The exception.</param>
    public async Task<PrimaryException> JudgeAsync(string reason, Exception cause) =>
        await health.JudgeAsync(reason) ? health.Failure(cause) : new PrimaryException(reason, cause);

    /// <summary>In an outage: the primary's address answers, and its answer to this credential is not known.</summary>
    private bool MayAskAllTheSame(UpstreamRead read) =>
        read.AsksForRefs && health.IsReached && !Pauses.IsPaused(read.Repository, read.Credential);
}
