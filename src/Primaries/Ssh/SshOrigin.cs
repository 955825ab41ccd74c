using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Ssh;

/// <summary>The primary as an SSH server: where it is, and the gate in front of it.</summary>
public sealed class SshOrigin : IDisposable
{
    /// <param name="target">Where it is, and how it proves to be the primary.</param>
    /// <param name="answerWithin">How long a server that takes connections may say nothing before it counts as down.</param>
    /// <param name="budget">The places of all reads at this primary.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public SshOrigin(SshTarget target, TimeSpan answerWithin, ReadBudget budget, TimeProvider time, ILogger logger)
    {
        Target = target;
        var probe = new SshProbe(target, answerWithin, time);
        Health = new PrimaryHealth(Name, probe.AskAsync, time, logger);

        // Over SSH a repository that fails and one that is refused look alike, so none is ever known to be out alone.
        Gate = new PrimaryGate(
            Health,
            new RepositoryOutages(static (_, _) => Task.FromResult(OwnAnswer.Unknown), Health, time, logger),
            budget,
            time
        );
    }

    /// <summary>Where it is, and how it proves to be the primary.</summary>
    public SshTarget Target { get; }

    /// <summary>The name of the server in logs and metrics.</summary>
    public string Name => $"ssh://{Target.Host}:{Target.Port}";

    /// <summary>Whether the server answers.</summary>
    public PrimaryHealth Health { get; }

    /// <summary>What reads pass on their way.</summary>
    public PrimaryGate Gate { get; }

    /// <summary>Waits until a read may be sent; disposing the result gives its place to the next.</summary>
    /// <param name="asker">In whose name.</param>
    /// <param name="asksForRefs">It asks for refs only.</param>
    /// <param name="cancellationToken">The asker's.</param>
    /// <exception cref="FetchCore.Primaries.PrimaryOutageException">An outage.</exception>
    /// <exception cref="FetchCore.Primaries.PrimaryBusyException">No place became free in time.</exception>
    public ValueTask<IDisposable> EnterAsync(SshAsker asker, bool asksForRefs, CancellationToken cancellationToken) =>
        Gate.EnterAsync(new UpstreamRead(asker.Repository, asker.Credential, asksForRefs), cancellationToken);

    /// <inheritdoc />
    public void Dispose() => Health.Dispose();
}
