using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>
/// Finds the parts of a request that a response from the mirror may use. A mirror that is behind the client's listing cannot tell whether
/// older commits belong to it. So it is synced first, within <c>Mirrors:SyncWait</c>, by the sync that the response needs anyway.
/// </summary>
public sealed class WantsAndHavesFilter(
    MirrorSet mirrors,
    ObjectQueries objects,
    ReachabilityChecker reachability,
    MirrorSync sync,
    IPeers peers,
    MirrorOptions options,
    TimeProvider time
)
{
    /// <summary>
    /// The request, if every want is visible, without the haves and shallow lines that are not visible; null if that cannot be decided
    /// here.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="request">The client's request.</param>
    /// <param name="needed">Objects beyond the client's listing that must be visible; empty if the listing covers all.</param>
    /// <param name="asker">The requester.</param>
    /// <param name="rule">The objects that a listing gives access to.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public async Task<FetchRequest?> FilterAsync(
        RepositoryName repository,
        FetchRequest request,
        IReadOnlyList<ObjectId> needed,
        SyncRequester asker,
        VisibilityRule rule,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(needed);
        ArgumentNullException.ThrowIfNull(asker);
        // A mirror that another node keeps now is behind, and is not brought up to date here.
        if (!peers.Keeps(repository) || mirrors.Find(repository, request.ObjectFormat) is not { } mirror)
        {
            return needed.Count == 0 ? request : null;
        }

        AccessView view = asker.View;
        if (
            !await reachability.ShowsAsync(mirror, view, rule, needed, cancellationToken)
            && !(
                await CatchUpAsync(mirror, asker, [.. view.TipIds().Distinct()], cancellationToken)
                && await reachability.ShowsAsync(mirror, view, rule, needed, cancellationToken)
            )
        )
        {
            return null;
        }

        bool isBehind = request.Haves.Count + request.Shallows.Count > 0 && !await HasAsync(mirror, request.Wants, cancellationToken);
        bool withOrphans = isBehind && await objects.HasWithOrphansAsync(mirror, request.Wants, cancellationToken);
        if (isBehind && !withOrphans && !asker.IsRecorded)
        {
            // Older commits are visible through the tips that are missing. The response needs the same sync anyway.
            if (!await CatchUpAsync(mirror, asker, request.Wants, cancellationToken))
            {
                return null;
            }

            isBehind = false;
        }

        IReadOnlySet<ObjectId>? usable = await reachability.UsableAsync(mirror, view, rule, request, withOrphans, cancellationToken);
        if (isBehind && !withOrphans && usable is not null && !request.Haves.Concat(request.Shallows).All(usable.Contains))
        {
            return null;
        }

        return usable is null ? null : Without(request, usable);
    }

    /// <summary>
    /// Checks the haves and shallow lines once more when the response is about to be made: unknown objects may have come meanwhile, or may
    /// be among the orphans.
    /// </summary>
    public async Task<FetchRequest?> FilterAgainAsync(Mirror mirror, LocalCall call, bool withOrphans, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        return
            await reachability.UsableAsync(mirror, call.Asker.View, call.Rule, call.Request, withOrphans, cancellationToken) is { } usable
            ? Without(call.Request, usable)
            : null;
    }

    /// <summary>The request without the unusable objects.</summary>
    private static FetchRequest Without(FetchRequest request, IReadOnlySet<ObjectId> usable)
    {
        List<ObjectId> haves = [.. request.Haves.Where(usable.Contains)];
        if (haves.Count == 0 && request.Haves.Count > 0 && !request.IsDone)
        {
            // A round of negotiation stays one: without any have it would be a clone, and bring its pack at once.
            haves.Add(ObjectId.FromRaw(new byte[request.ObjectFormat.DigestLength]));
        }

        List<ObjectId> shallows = [.. request.Shallows.Where(usable.Contains)];
        return haves.Count == request.Haves.Count && shallows.Count == request.Shallows.Count && request.Haves.All(usable.Contains)
            ? request
            : request with
            {
                Haves = haves,
                Shallows = shallows,
            };
    }

    /// <summary>Whether one of these is the tip of a ref of the mirror.</summary>
    public bool HasTip(RepositoryName repository, IReadOnlyList<ObjectId> ids)
    {
        HashSet<ObjectId> wanted = [.. ids];
        return mirrors.Find(repository) is { } mirror && TipSearch.NotTips(mirror.Refs.Tips, wanted).Count < wanted.Count;
    }

    private async Task<bool> HasAsync(Mirror mirror, IReadOnlyList<ObjectId> wants, CancellationToken cancellationToken) =>
        (await objects.KindsAsync(mirror, wants, cancellationToken)).Count == wants.Distinct().Count();

    /// <summary>False if the sync did not succeed in time.</summary>
    private async Task<bool> CatchUpAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyList<ObjectId> wants,
        CancellationToken cancellationToken
    )
    {
        if (await HasAsync(mirror, wants, cancellationToken))
        {
            return true; // perhaps only just now
        }

        using var limit = new CancellationTokenSource(options.SyncWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        bool came = await sync.EnsureAsync(mirror, asker, wants, withTags: false, either.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return came;
    }
}
