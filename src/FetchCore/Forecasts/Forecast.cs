using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Forecasts;

/// <summary>How the node would serve a clone now, and on what that rests.</summary>
public sealed record Forecast
{
    /// <summary>Whether the primary answered.</summary>
    public bool IsReached { get; init; }

    /// <summary>Whether it accepted the credential.</summary>
    public bool IsAccepted { get; init; }

    /// <summary>The primary's refusal or failure; null if there was none.</summary>
    public string? Trouble { get; init; }

    /// <summary>Refs that the primary shows to the credential.</summary>
    public int Refs { get; init; }

    /// <summary>The protocol version in which the primary showed them.</summary>
    public int? ProtocolVersion { get; init; }

    /// <summary>Whether the node has a live access ticket of this credential from an earlier request.</summary>
    public bool HasTicket { get; init; }

    /// <summary>Whether an outage could be bridged: the primary accepted this credential lately.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Whether clients lately cloned in this way, so that the request is known and not guessed.</summary>
    public bool IsKnownPattern { get; init; }

    /// <summary>Whether the pack cache has the pack.</summary>
    public bool IsKept { get; init; }

    /// <summary>Whether the pack is being made now.</summary>
    public bool IsMaking { get; init; }

    /// <summary>Whether this node keeps the mirror of the repository, or would keep it.</summary>
    public bool IsKeeper { get; init; }

    /// <summary>Whether mirrors are kept at all.</summary>
    public bool AreMirrorsOn { get; init; }

    /// <summary>Whether there is a mirror here.</summary>
    public bool HasMirror { get; init; }

    /// <summary>Wanted objects.</summary>
    public int Wanted { get; init; }

    /// <summary>Wanted objects that the mirror lacks.</summary>
    public int Missing { get; init; }

    /// <summary>Whether the pack depends on tags, and the mirror has other tags than the primary shows.</summary>
    public bool AreTagsOther { get; init; }

    /// <summary>How it would be served; null if nothing would be served.</summary>
    public FetchOutcome? Outcome { get; init; }

    /// <summary>Why the primary would get the request unchanged; null in every other case.</summary>
    public ForwardReason? Reason { get; init; }

    /// <summary>Why the mirror would not serve it; null in every other case.</summary>
    public MissReason? Miss { get; init; }
}
