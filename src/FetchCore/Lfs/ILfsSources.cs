using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Lfs;

/// <summary>Makes sources from their parts.</summary>
public interface ILfsSources
{
    /// <summary>The source; null if this node does not follow it.</summary>
    ILfsSource? Of(RepositoryName repository, Credential credential, LfsSourceParts parts);
}
