using Waystation.CacheStore;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Work;

/// <summary>The primaries as the node asks them on its own account, with the service credential that the operator gave it.</summary>
public interface IServicePrimaries
{
    /// <summary>Whether this repository is selected and its primary has a service credential.</summary>
    bool Serves(RepositoryName repository);

    /// <summary>The primary of a repository, asked in the node's own name; null where <see cref="Serves"/> says no.</summary>
    /// <param name="repository">Which.</param>
    /// <param name="protocolVersion">The version in which its advertisement is asked for.</param>
    IPrimary? Find(RepositoryName repository, int protocolVersion = 2);
}
