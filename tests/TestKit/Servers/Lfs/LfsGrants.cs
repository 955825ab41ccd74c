using System.Collections.Concurrent;

namespace Waystation.TestKit.Servers.Lfs;

/// <summary>The signed hrefs that an LFS primary handed out.</summary>
internal sealed class LfsGrants
{
    /// <summary>The name of the query parameter and of the header field that carry a token.</summary>
    public const string Query = "token",
        Header = "X-Storage-Token";

    private readonly ConcurrentDictionary<string, (string Repository, string Oid, DateTimeOffset Until)> _grants = new();

    public string Issue(string repository, string oid, TimeSpan? lifetime)
    {
        string token = Guid.NewGuid().ToString("n");
        _grants[token] = (repository, oid, lifetime is { } limit ? DateTimeOffset.UtcNow + limit : DateTimeOffset.MaxValue);
        return token;
    }

    public bool Allows(string? token, string repository, string oid) =>
        token is not null
        && _grants.TryGetValue(token, out (string Repository, string Oid, DateTimeOffset Until) grant)
        && grant.Repository == repository
        && grant.Oid == oid
        && grant.Until > DateTimeOffset.UtcNow;
}
