using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>The primary's permission to download one object, for one credential and repository.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential.</param>
/// <param name="Object">The object.</param>
/// <param name="GrantedAt">When the primary was asked, by the clock's timestamp.</param>
public sealed record LfsGrant(RepositoryName Repository, Credential Credential, LfsObject Object, long GrantedAt)
{
    /// <summary>The source that the primary named; null if it named none. Its time is <see cref="SourceLifetime"/>.</summary>
    public ILfsSource? Source { get; init; }

    /// <summary>How long <see cref="Source"/> lives from <see cref="GrantedAt"/> on.</summary>
    public TimeSpan SourceLifetime { get; init; }
}
