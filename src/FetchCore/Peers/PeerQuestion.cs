using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Peers;

/// <summary>A fetch for a peer.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The client's credential; null if the view alone decides.</param>
/// <param name="Request">The request.</param>
/// <param name="Framing">The form of the client's request; a reply of the primary has it.</param>
/// <param name="Visibility">The objects that this primary gives by id.</param>
/// <param name="View">The refs that the primary showed to the credential. The peer gives no object beyond them.</param>
/// <param name="Primary">The primary, asked in the client's name. It stays at this node.</param>
public sealed record PeerQuestion(
    RepositoryName Repository,
    Credential? Credential,
    FetchRequest Request,
    ResponseFraming Framing,
    VisibilityRule Visibility,
    AccessView View,
    IPrimary Primary
)
{
    /// <summary>Whether the view is a record, in an outage: nothing may be asked of the primary.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>The peer in whose name this node asks; it is not asked itself. Null for a client.</summary>
    public string? From { get; init; }

    /// <summary>Whether only strangers want the pack.</summary>
    public bool IsOfStranger { get; init; }
}
