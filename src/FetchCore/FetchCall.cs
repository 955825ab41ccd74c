using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore;

/// <summary>One fetch, as a front end hands it to the core.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The client's credential.</param>
/// <param name="Request">The content of the request.</param>
/// <param name="Framing">The form in which this client wants the response.</param>
/// <param name="Visibility">The objects that this primary gives by id, as the operator set it.</param>
/// <param name="Primary">The primary, asked in this client's name.</param>
/// <param name="Observed">The fetch, for its record.</param>
public sealed record FetchCall(
    RepositoryName Repository,
    Credential Credential,
    FetchRequest Request,
    ResponseFraming Framing,
    VisibilityRule Visibility,
    IPrimary Primary,
    ObservedFetch Observed
)
{
    /// <summary>
    /// In the name of another node: the refs that the primary showed to the credential there. Null if only this node's own tickets count.
    /// </summary>
    public AccessView? Shown { get; init; }

    /// <summary>The name of the node that asks; null for a client.</summary>
    public string? From { get; init; }

    /// <summary>In the name of another node: whether the client is a stranger there. Null if this node decides.</summary>
    public bool? IsOfStranger { get; init; }

    /// <summary>Whether the primary must not be asked, and <see cref="Shown"/> alone decides.</summary>
    public bool IsHeldOnly { get; init; }
}
