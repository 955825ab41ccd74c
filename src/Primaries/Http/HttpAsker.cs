using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Http;

/// <summary>The name, request lines and fields with which a repository is asked for over HTTP.</summary>
/// <param name="Origin">The primary.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential that <paramref name="Headers"/> carry.</param>
/// <param name="OwnTarget">The target of the client's own request: path and query.</param>
/// <param name="UploadPackTarget">The target for the node's own posts: path and query.</param>
/// <param name="InfoRefsTarget">The target of the advertisement: path and query.</param>
/// <param name="Headers">The client's header fields that are sent to the primary.</param>
public sealed record HttpAsker(
    HttpOrigin Origin,
    RepositoryName Repository,
    Credential Credential,
    string OwnTarget,
    string UploadPackTarget,
    string InfoRefsTarget,
    IReadOnlyList<KeyValuePair<string, StringValues>> Headers
);
