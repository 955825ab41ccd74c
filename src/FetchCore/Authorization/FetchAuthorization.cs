using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>What <see cref="FetchAuthorizer"/> settled.</summary>
/// <param name="View">What the credential may rely on; null where the request goes to the primary as it came.</param>
/// <param name="Request">The request, without haves that the credential may not build on.</param>
/// <param name="Reason">Why it goes to the primary.</param>
public sealed record FetchAuthorization(AccessView? View, FetchRequest Request, ForwardReason Reason = default)
{
    /// <summary>An outage: how long ago the refs were shown that this rests on; null where the primary was asked.</summary>
    public TimeSpan? RecordedFor { get; init; }

    internal static FetchAuthorization Denied(FetchCall call, ForwardReason reason) => new(null, call.Request, reason);
}
