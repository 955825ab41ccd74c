using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>
/// LFS at the other nodes of a farm.
/// <code>
///   source without a login of the user ──► in the shared permission: each node can download from it
///   source with a login of the user ─────► stays here: the URL names this node, and the others download through it
/// </code>
/// Whichever node can download, the keeper of the repository does it, and the others take the object from there.
/// </summary>
/// <param name="exchange">Shares permissions.</param>
/// <param name="sources">Makes sources from their parts.</param>
/// <param name="tickets">The clock and the refusals of this node.</param>
/// <param name="peers">The way to other nodes; null if there is none.</param>
public sealed class LfsElsewhere(ILfsExchange exchange, ILfsSources sources, AccessTickets tickets, IObjectPeers? peers = null)
{
    /// <summary>The node that a URL for this permission must name; null if each node can download the object.</summary>
    public string? NodeFor(LfsGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return grant.Source is { Parts: null } ? exchange.Node : null;
    }

    /// <summary>Gives a permission of the primary to the other nodes.</summary>
    public void Share(LfsGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        exchange.Share(
            grant,
            tickets.ElapsedSince(grant.GrantedAt),
            () => tickets.AllowsLfs(grant.Repository, grant.Credential, grant.GrantedAt)
        );
    }

    /// <summary>The source of an object, with the other nodes in front of it; null if neither they nor this node can give it.</summary>
    /// <param name="grant">The permission.</param>
    /// <param name="own">This node's source; null if its time is over.</param>
    public ILfsSource? Through(LfsGrant grant, ILfsSource? own) => peers is null ? own : peers.Through(grant, own);

    /// <summary>Whether another node has an object.</summary>
    public ValueTask<bool> HaveAsync(RepositoryName repository, LfsObject asked, CancellationToken cancellationToken) =>
        peers?.HaveAsync(repository, asked, cancellationToken) ?? new ValueTask<bool>(false);

    /// <summary>This node has stored an upload.</summary>
    public void Offer(RepositoryName repository, LfsObject stored) => peers?.Offer(repository, stored);

    /// <summary>The permission behind a signed URL; null if the other nodes have none that counts.</summary>
    /// <param name="parts">The URL.</param>
    /// <param name="target">Its text.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public async ValueTask<LfsGrant?> RecallAsync(LfsUrlParts parts, string target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(parts);
        // Ages count from here: no permission may look newer than a refusal that is heard while it is on its way.
        long recalledAt = tickets.Now;
        if (
            await exchange.RecallAsync(parts.Repository, parts.Credential, parts.Object, parts.IsOfOtherKey, cancellationToken)
            is not { } known
        )
        {
            return null;
        }

        return new LfsGrant(parts.Repository, parts.Credential, parts.Object, tickets.TimeBefore(recalledAt, known.Age))
        {
            Source =
                known.Source is { } source ? sources.Of(parts.Repository, parts.Credential, source)
                : parts.Node is { } node && node != exchange.Node ? peers?.SourceAt(node, target)
                : null,
            SourceLifetime = known.SourceLifetime,
        };
    }
}
