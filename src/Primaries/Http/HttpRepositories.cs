using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Http;

/// <summary>Opens repositories at a primary over HTTP in the name of a login: of a user who came by SSH, or of the node.</summary>
/// <param name="digester">Makes credentials.</param>
/// <param name="upstreams">Opens the primary.</param>
/// <param name="time">The clock.</param>
public sealed class HttpRepositories(CredentialDigester digester, UpstreamFactory upstreams, TimeProvider time)
{
    internal UpstreamFactory Upstreams => upstreams;

    internal TimeProvider Time => time;

    /// <summary>A repository in a user's name.</summary>
    /// <param name="origin">The primary.</param>
    /// <param name="repository">The name that the repository is kept by.</param>
    /// <param name="path">Its path as in a URL, without a leading slash.</param>
    /// <param name="login">The login of the user.</param>
    public HttpRepository Open(HttpOrigin origin, RepositoryName repository, string path, HttpLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        return Open(origin, repository, path, login.Authorization);
    }

    /// <summary>Opens a repository without a login.</summary>
    /// <param name="origin">The primary.</param>
    /// <param name="repository">The name that the repository is kept by.</param>
    /// <param name="path">Its path as in a URL, without a leading slash.</param>
    public HttpRepository OpenAnonymous(HttpOrigin origin, RepositoryName repository, string path) =>
        new(origin, repository, path, authorization: null, digester.Digest([]), this);

    /// <summary>Opens a repository in the name of a value of <c>Authorization</c>.</summary>
    /// <inheritdoc cref="Open(HttpOrigin, RepositoryName, string, HttpLogin)"/>
    public HttpRepository Open(HttpOrigin origin, RepositoryName repository, string path, string authorization) =>
        new(origin, repository, path, authorization, digester.Digest([new("header authorization", authorization)]), this);
}
