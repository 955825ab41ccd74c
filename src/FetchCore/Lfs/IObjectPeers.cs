using Waystation.CacheStore;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>
/// The other nodes of a farm, which keep objects too. The node that keeps a repository downloads its objects for all of them.
/// </summary>
public interface IObjectPeers
{
    /// <summary>
    /// The source of an object at the node that has the user's login, which never leaves that node; null if that node cannot be asked
    /// now.
    /// </summary>
    /// <param name="node">The name of the node.</param>
    /// <param name="target">The URL that the node signed, path and query: the permission.</param>
    ILfsSource? SourceAt(string node, string target);

    /// <summary>The object from another node, or from this node's own source, which the other nodes may use through this one.</summary>
    /// <param name="grant">The permission.</param>
    /// <param name="own">This node's source; null if its time is over: then another node must have the object.</param>
    ILfsSource Through(LfsGrant grant, ILfsSource? own);

    /// <summary>Whether another node has the object.</summary>
    ValueTask<bool> HaveAsync(RepositoryName repository, LfsObject asked, CancellationToken cancellationToken);

    /// <summary>
    /// This node has stored an object that it did not get from the others, such as an upload: the repository's keeper may take it.
    /// </summary>
    void Offer(RepositoryName repository, LfsObject stored);
}
