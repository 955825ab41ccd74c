using Microsoft.Extensions.Hosting;
using Waystation.CacheStore;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>Lets the keepers of repositories take the objects that were uploaded through this node, a few at once.</summary>
internal sealed class ObjectOffers(ObjectPeers peers) : BackgroundService
{
    private const int AtOnce = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(
            peers.Offers.ReadAllAsync(stoppingToken),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
            async (offer, token) => await peers.OfferAsync(offer.Repository, offer.Stored, token)
        );
}
