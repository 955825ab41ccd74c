using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore;

/// <summary>One fetch, as a front end hands it to the core.</summary>
/// <param name="Repository">Of which repository.</param>
/// <param name="Credential">By whom.</param>
/// <param name="Request">What is asked.</param>
/// <param name="Framing">How this client wants to hear the response.</param>
/// <param name="Visibility">How the operator says that this primary gives objects by id.</param>
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
);
