using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Ssh;

/// <summary>The primary as an SSH server, with the gate in front of it.</summary>
public sealed class SshOrigin : IDisposable
{
    /// <param name="target">The server's address and host keys.</param>
    /// <param name="answerWithin">How long a server that accepts connections may be silent before it counts as down.</param>
    /// <param name="budget">The budget of reads at this primary.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public SshOrigin(SshTarget target, TimeSpan answerWithin, ReadBudget budget, TimeProvider time, ILogger logger)
    {
        Target = target;
        var probe = new SshProbe(target, answerWithin, time);
        Health = new PrimaryHealth(Name, probe.AskAsync, time, logger);

        // Over SSH a repository that fails looks like a repository that is refused, so no single repository is in an outage.
        Gate = new PrimaryGate(
            Health,
            new RepositoryOutages(static (_, _) => Task.FromResult(OwnAnswer.Unknown), Health, time, logger),
            budget,
            time
        );
    }

    /// <summary>The server's address and host keys.</summary>
    public SshTarget Target { get; }

    /// <summary>The name of the server in logs and metrics.</summary>
    public string Name => $"ssh://{Target.Host}:{Target.Port}";

    /// <summary>The health of the server.</summary>
    public PrimaryHealth Health { get; }

    /// <summary>The gate that every read passes.</summary>
    public PrimaryGate Gate { get; }

    /// <summary>Waits until a read may be sent. Disposing the result gives its place to the next read.</summary>
    /// <param name="asker">The name in which to ask.</param>
    /// <param name="asksForRefs">Whether it asks for refs only.</param>
    /// <param name="cancellationToken">The asker's token.</param>
    /// <exception cref="FetchCore.Primaries.Errors.PrimaryOutageException">An outage.</exception>
    /// <exception cref="FetchCore.Primaries.Errors.PrimaryBusyException">No place became free in time.</exception>
    public ValueTask<IDisposable> EnterAsync(SshAsker asker, bool asksForRefs, CancellationToken cancellationToken) =>
        Gate.EnterAsync(new UpstreamRead(asker.Repository, asker.Credential, asksForRefs), cancellationToken);

    /// <inheritdoc />
    public void Dispose() => Health.Dispose();
}
