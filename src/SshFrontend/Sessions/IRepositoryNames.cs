using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What a path that a client names over SSH is called in the cache: the same as over HTTP where it is the same
/// repository.</summary>
public interface IRepositoryNames
{
    /// <summary>How the primary gives objects by id.</summary>
    VisibilityRule Visibility { get; }

    /// <summary>The path by which the primary has this repository over HTTP, without a leading slash, coded as in a URL; null where HTTP
    /// has no such path.</summary>
    string? HttpPathOf(string path);

    /// <summary>The name by which its packs and tickets are kept.</summary>
    RepositoryName NameOf(string path);

    /// <summary>Whether the operator wants it cached.</summary>
    bool Selects(string path);
}
