using Waystation.CacheStore;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>The primaries' LFS, asked on the node's own account, with the service credential.</summary>
public interface ILfsPrimaries
{
    /// <summary>Objects that servers take in one request.</summary>
    const int MaxObjects = 100;

    /// <summary>Asks for the downloads of objects.</summary>
    /// <param name="repository">The repository; one for which the node has a service credential.</param>
    /// <param name="objects">At most <see cref="MaxObjects"/>.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The objects in the order of the answer, each with its source; null where the primary has no object, or the node does not
    /// follow the action.</returns>
    /// <exception cref="PrimaryException">The primary gave no usable answer.</exception>
    Task<IReadOnlyList<LfsOffer>> AskAsync(
        RepositoryName repository,
        IReadOnlyList<LfsObject> objects,
        CancellationToken cancellationToken
    );
}

/// <summary>The download of one object.</summary>
/// <param name="Object">The object.</param>
/// <param name="Source">Its source; null if there is none.</param>
public sealed record LfsOffer(LfsObject Object, ILfsSource? Source);
