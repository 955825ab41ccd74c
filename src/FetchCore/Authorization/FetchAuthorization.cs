using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>The decision of <see cref="FetchAuthorizer"/>.</summary>
/// <param name="View">The listings that the credential may rely on; null if the request must be forwarded unchanged.</param>
/// <param name="Request">The request, without haves that the credential may not see.</param>
/// <param name="Reason">Why it must be forwarded.</param>
public sealed record FetchAuthorization(AccessView? View, FetchRequest Request, ForwardReason Reason = default)
{
    /// <summary>In an outage: the age of the listing behind this decision; null if the primary was asked.</summary>
    public TimeSpan? RecordedFor { get; init; }

    /// <summary>For a request that must be forwarded: the listings that the credential has, which do not show all that it wants.</summary>
    public AccessView? Shown { get; init; }

    internal static FetchAuthorization Denied(FetchCall call, ForwardReason reason) => new(null, call.Request, reason);
}
