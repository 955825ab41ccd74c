using Waystation.CacheStore;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>Other nodes, asked for objects that they alone can download, because a user's login never leaves its node.</summary>
public interface IObjectPeers
{
    /// <summary>The object at another node; null if that node cannot be asked now.</summary>
    /// <param name="node">The name of the node.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="asked">The object.</param>
    /// <param name="target">The URL that the node signed, path and query: the permission.</param>
    ILfsSource? SourceAt(string node, RepositoryName repository, LfsObject asked, string target);
}
