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
/// <param name="Repository">The repository.</param>
/// <param name="Visibility">How the primary gives objects by id.</param>
/// <param name="IsSelected">Whether the operator has selected the repository for caching.</param>
/// <param name="Upstream">The upload-pack of the primary; the conversation has begun.</param>
/// <param name="Client">The client.</param>
internal sealed record UploadPackCall(
    RepositoryName Repository,
    VisibilityRule Visibility,
    bool IsSelected,
    IUpstream Upstream,
    ClientChannel Client
)
{
    /// <summary>One fetch of it, for the core.</summary>
    public FetchCall Of(FetchRequest request, ResponseFraming framing, IPrimary primary, ObservedFetch observed) =>
        new(Repository, Upstream.Credential, request, framing, Visibility, primary, observed);
}
