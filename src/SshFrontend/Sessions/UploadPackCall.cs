using Waystation.CacheStore;
using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>One <c>git-upload-pack</c> of one client.</summary>
/// <param name="Repository">What the cache calls the repository.</param>
/// <param name="Visibility">How the primary gives objects by id.</param>
/// <param name="IsSelected">Whether the operator wants it cached.</param>
/// <param name="Upstream">The primary's, open.</param>
/// <param name="Client">The client.</param>
internal sealed record UploadPackCall(
    RepositoryName Repository,
    VisibilityRule Visibility,
    bool IsSelected,
    IUpstream Upstream,
    ClientChannel Client
)
{
    /// <summary>One fetch of it, as the core wants it.</summary>
    public FetchCall Of(FetchRequest request, ResponseFraming framing, IPrimary primary, ObservedFetch observed) =>
        new(Repository, Upstream.Credential, request, framing, Visibility, primary, observed);
}
