using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// A fetch under way, as it was at one moment. Like <see cref="FetchRecord"/> it holds no credential and no id of an object.
/// </summary>
public sealed record LiveFetch
{
    /// <summary>Counts the fetches of this node since its start, in the order of their beginnings, from 1.</summary>
    public required long Id { get; init; }

    /// <summary>When the request came, by the wall clock.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The name of its front end.</summary>
    public required string Door { get; init; }

    /// <summary>The repository.</summary>
    public required RepositoryName Repository { get; init; }

    /// <summary>A digest of the credential, or <c>anonymous</c>: the same for one credential until the node restarts.</summary>
    public required string Credential { get; init; }

    /// <summary>The address of the client, as a trusted proxy names it; null for another node of the farm.</summary>
    public string? Address { get; init; }

    /// <summary>The node of the farm that asks; null for a client.</summary>
    public string? From { get; init; }

    /// <summary>0, 1 or 2; null if the request does not say it clearly.</summary>
    public int? ProtocolVersion { get; init; }

    /// <summary>Its request; null if the node did not understand or did not read it.</summary>
    public AskedFetch? Asked { get; init; }

    /// <summary>The download of an LFS object: how it was asked; null for a fetch.</summary>
    public AskedLfs? Lfs { get; init; }

    /// <summary>How it is served; null while that is not decided.</summary>
    public FetchOutcome? Outcome { get; init; }

    /// <summary>Why it is forwarded unchanged; null in every other case.</summary>
    public ForwardReason? Reason { get; init; }

    /// <summary>Why the mirror does not serve it; null in every other case.</summary>
    public MissReason? Miss { get; init; }

    /// <summary>The node of the farm that serves it; null if this node does, or the primary.</summary>
    public string? Peer { get; init; }

    /// <summary>Its phase now.</summary>
    public required FetchPhase Phase { get; init; }

    /// <summary>How long this phase has lasted.</summary>
    public required TimeSpan PhaseTime { get; init; }

    /// <summary>The time since the request came.</summary>
    public required TimeSpan Total { get; init; }

    /// <summary>Bytes sent so far.</summary>
    public long Bytes { get; init; }
}
