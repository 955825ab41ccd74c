using System.Runtime.CompilerServices;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>
/// Says which objects of a mirror a credential may have: advertised ones; commits that are reachable from these; and trees, blobs and tags
/// by id only if it sees every ref of the mirror and the mirror has no orphans, because then everything in the mirror is reachable for it.
/// Each check starts git processes. If a check does not end within its bounds, the primary decides.
/// </summary>
public sealed class ReachabilityChecker(ObjectQueries objects)
{
    /// <summary>Looks at a mirror that changes meanwhile.</summary>
    private const int MaxLooks = 4;

    /// <summary>For each listing: the state of the mirror's refs in which the listing leads to all of them.</summary>
    private readonly ConditionalWeakTable<RefListing, MirrorRefs> _seesAll = [];

    /// <summary>Whether the mirror has all of these objects and all are visible.</summary>
    public async Task<bool> ShowsAsync(
        Mirror mirror,
        AccessView view,
        VisibilityRule rule,
        IReadOnlyCollection<ObjectId> wanted,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(wanted);
        cancellationToken.ThrowIfCancellationRequested();
        List<ObjectId> unshown = [.. view.NotShown(wanted)];
        if (unshown.Count == 0)
        {
            return true;
        }

        for (int look = 0; look < MaxLooks; look++)
        {
            long changes = mirror.Changes;
            if (await ShowsNowAsync(mirror, view, rule, unshown, changes, cancellationToken))
            {
                return true;
            }

            if (mirror.Changes == changes)
            {
                return false;
            }

            // A sync brings objects first and sets refs then. If it did so in between, the check is repeated.
        }

        return false;
    }

    private async Task<bool> ShowsNowAsync(
        Mirror mirror,
        AccessView view,
        VisibilityRule rule,
        List<ObjectId> unshown,
        long changes,
        CancellationToken cancellationToken
    )
    {
        long? state = StateOf(mirror);
        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, unshown, cancellationToken);
        if (kinds.Count < unshown.Count)
        {
            return false;
        }

        if (await IsAllShownAsync(mirror, view, rule, state, cancellationToken))
        {
            return true;
        }

        return kinds.Values.All(static kind => kind == ObjectKind.Commit)
            && await objects.AreReachableAsync(mirror, unshown, TipsOf(mirror, view, rule), cancellationToken) == true
            && await AreStillThereAsync(mirror, unshown, changes, cancellationToken);
    }

    /// <summary>
    /// Whether these objects have been there all the time. A walk skips missing objects, and upkeep may have moved orphans away before it.
    /// An object that is there now and was there before has not come again in between, because that would change the generation.
    /// </summary>
    private async Task<bool> AreStillThereAsync(Mirror mirror, List<ObjectId> ids, long changes, CancellationToken cancellationToken) =>
        (await objects.KindsAsync(mirror, ids, cancellationToken)).Count == ids.Count && mirror.Changes == changes;

    /// <summary>
    /// The haves and shallow lines of the client that the response may use: the visible ones. Null if the check takes too long.
    /// </summary>
    /// <remarks>
    /// A hidden object and an unknown one are dropped alike. Otherwise the key, and with it <c>Cache-Status</c>, would tell them apart, and
    /// so would the time; so both need the walk. A response from the mirror loses nothing, because git skips unknown objects. A shallow
    /// commit that is dropped has no visible have above it, because then it would be visible too.
    /// </remarks>
    /// <param name="mirror">The mirror.</param>
    /// <param name="view">The listings of the credential.</param>
    /// <param name="rule">The objects that a listing gives access to.</param>
    /// <param name="request">The client's request.</param>
    /// <param name="withOrphans">Whether the response is made of orphans as well.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    public async Task<IReadOnlySet<ObjectId>?> UsableAsync(
        Mirror mirror,
        AccessView view,
        VisibilityRule rule,
        FetchRequest request,
        bool withOrphans,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(request);
        List<ObjectId> had = [.. request.Haves, .. request.Shallows];
        if (had.Count == 0 || (!withOrphans && await IsAllShownAsync(mirror, view, rule, StateOf(mirror), cancellationToken)))
        {
            return had.ToHashSet();
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, had, withOrphans, cancellationToken);
        bool IsCommitOrUnknown(ObjectId id) => !kinds.TryGetValue(id, out ObjectKind kind) || kind == ObjectKind.Commit;
        IReadOnlySet<ObjectId>? unreachable = await objects.UnreachableAsync(
            mirror,
            [.. had.Where(IsCommitOrUnknown)],
            TipsOf(mirror, view, rule),
            withOrphans,
            cancellationToken
        );
        if (unreachable is null)
        {
            return null;
        }

        IReadOnlySet<ObjectId> unshown = view.NotShown(
            kinds.Where(static known => known.Value != ObjectKind.Commit).Select(static known => known.Key)
        );
        return had.Where(id => kinds.ContainsKey(id) && !unreachable.Contains(id) && !unshown.Contains(id)).ToHashSet();
    }

    /// <summary>
    /// Whether everything that the mirror has is reachable from refs that this credential sees. False while the mirror has orphans, or
    /// changes.
    /// </summary>
    public Task<bool> SeesEverythingAsync(Mirror mirror, AccessView view, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        return IsAllShownAsync(mirror, view, VisibilityRule.Advertised, StateOf(mirror), cancellationToken);
    }

    private static IEnumerable<ObjectId> TipsOf(Mirror mirror, AccessView view, VisibilityRule rule) =>
        rule == VisibilityRule.Repository ? mirror.Refs.Tips.Ids() : view.TipIds();

    /// <summary>A number that stands for the mirror's present state; null while it has orphans.</summary>
    private static long? StateOf(Mirror mirror)
    {
        long changes = mirror.Changes;
        return mirror.HoldsOrphans ? null : changes;
    }

    /// <summary>
    /// Whether everything that the mirror has, and had in <paramref name="state"/>, is visible. Read the refs first and HoldsOrphans then:
    /// SetRefs writes them in the opposite order, so this order cannot miss a rewind. The generation must be unchanged as well, because an
    /// object that was found earlier may be an orphan that was moved away meanwhile.
    /// </summary>
    private async Task<bool> IsAllShownAsync(
        Mirror mirror,
        AccessView view,
        VisibilityRule rule,
        long? state,
        CancellationToken cancellationToken
    ) =>
        state is not null
        && (rule == VisibilityRule.Repository || await SeesAllAsync(mirror, view, cancellationToken))
        && StateOf(mirror) == state;

    /// <summary>Whether every ref of the mirror leads only to objects that this credential may have.</summary>
    private async Task<bool> SeesAllAsync(Mirror mirror, AccessView view, CancellationToken cancellationToken)
    {
        MirrorRefs refs = mirror.Refs;
        if (view.Newest is { } newest && _seesAll.TryGetValue(newest, out MirrorRefs? known) && known == refs)
        {
            return true;
        }

        List<RefTip> others = NotShown(refs, view);
        bool seesAll =
            others.Count == 0
            || (
                others.TrueForAll(static tip => tip.Peeled is null)
                && await AreCommitsReachableAsync(mirror, [.. others.Select(static tip => tip.Id).Distinct()], view, cancellationToken)
            );
        if (seesAll && view.IsOneListing)
        {
            _seesAll.AddOrUpdate(view.Newest!, refs);
        }

        return seesAll;
    }

    /// <summary>The refs of the mirror with an id that the view shows for no ref.</summary>
    private static List<RefTip> NotShown(MirrorRefs refs, AccessView view)
    {
        List<RefTip> differing = [];
        for (var both = new RefComparison(refs.Tips, view, peeledOnly: false); both.MoveNext(); )
        {
            if (both.IsOurs && !(both.IsTheirs && !both.IsMoved))
            {
                differing.Add(both.Ours.Tip);
            }
        }

        if (differing.Count == 0)
        {
            return differing;
        }

        HashSet<ObjectId> ids = [.. differing.Select(static tip => tip.Id)];
        ids.ExceptWith(view.TipsOf(ids.ToHashSet()).Select(static tip => tip.Id));
        return [.. differing.Where(tip => ids.Contains(tip.Id))];
    }

    private async Task<bool> AreCommitsReachableAsync(
        Mirror mirror,
        List<ObjectId> ids,
        AccessView view,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, ids, cancellationToken);
        return ids.TrueForAll(id => kinds.TryGetValue(id, out ObjectKind kind) && kind == ObjectKind.Commit)
            && await objects.AreReachableAsync(mirror, ids, view.TipIds(), cancellationToken) == true;
    }
}
