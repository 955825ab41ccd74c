using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Http;

/// <summary>In whose name, and with which request line and fields, a repository is asked for over HTTP.</summary>
/// <param name="Origin">The primary.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential that <paramref name="Headers"/> carry.</param>
/// <param name="OwnTarget">Where the client's own request goes: path and query.</param>
/// <param name="UploadPackTarget">Where requests of the node's own making are posted: path and query.</param>
/// <param name="InfoRefsTarget">Where the advertisement is: path and query.</param>
/// <param name="Headers">The client's fields that go on to the primary.</param>
public sealed record HttpAsker(
    HttpOrigin Origin,
    RepositoryName Repository,
    Credential Credential,
    string OwnTarget,
    string UploadPackTarget,
    string InfoRefsTarget,
    IReadOnlyList<KeyValuePair<string, StringValues>> Headers
);
