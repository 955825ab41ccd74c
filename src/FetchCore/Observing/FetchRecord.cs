using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// One fetch that has ended: its credential and request, how it was served, and how long that took. Metrics, the log line and the latest
/// fetches that operators see are all made of it. It holds no credential and no id of an object.
/// </summary>
public sealed record FetchRecord
{
    /// <summary>Counts the fetches of this node since its start, in the order of their ends, from 1.</summary>
    public required long Number { get; init; }

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

    /// <summary>0, 1 or 2; null if the request does not say it clearly.</summary>
    public int? ProtocolVersion { get; init; }

    /// <summary>Its request; null if the node did not understand or did not read it.</summary>
    public AskedFetch? Asked { get; init; }

    /// <summary>The download of an LFS object: how it was asked; null for a fetch.</summary>
    public AskedLfs? Lfs { get; init; }

    /// <summary>How it was served; null if it was not.</summary>
    public FetchOutcome? Outcome { get; init; }

    /// <summary>Why it was forwarded unchanged, or refused by the node; null in every other case.</summary>
    public ForwardReason? Reason { get; init; }

    /// <summary>Why the mirror did not serve it, if another node or the primary did; null in every other case.</summary>
    public MissReason? Miss { get; init; }

    /// <summary>Why the node gave no snapshot; null in every other case.</summary>
    public SnapshotRefusal? Refusal { get; init; }

    /// <summary>The node keeps the pack, or means to.</summary>
    public bool IsKept { get; init; }

    /// <summary>The node of the farm that served it; null if this node did, or the primary.</summary>
    public string? Peer { get; init; }

    /// <summary>The node of the farm that asked; null for a client.</summary>
    public string? From { get; init; }

    /// <summary>In an outage: the age of the refs that the response relies on; null if the primary was asked.</summary>
    public TimeSpan? RefsAge { get; init; }

    /// <summary>How it ended.</summary>
    public required FetchEnd End { get; init; }

    /// <summary>The failure in words; null if there was none.</summary>
    public string? Trouble { get; init; }

    /// <summary>Bytes sent: of the pack, or of the primary's response if the request was forwarded.</summary>
    public long Bytes { get; init; }

    /// <summary>How long each phase took.</summary>
    public required FetchTimes Times { get; init; }
}
