using Waystation.CacheStore;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Peers;

namespace Waystation.Farm.Peers;

/// <summary>
/// Background work in the node's own name is done by the node that keeps the mirror, so the farm asks the primary once: the vet, syncs
/// and first mirrors are shared out as the repositories are.
/// </summary>
internal sealed class KeptServicePrimaries(IServicePrimaries all, IPeers peers) : IServicePrimaries
{
    public bool Serves(RepositoryName repository) => peers.Keeps(repository) && all.Serves(repository);

    public ServiceConnection? Open(RepositoryName repository) => peers.Keeps(repository) ? all.Open(repository) : null;
}
