using System.Runtime.CompilerServices;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Authorization;

/// <summary>
/// What of a mirror's objects a credential may get: what was advertised to it; commits that are reachable from that; and
/// trees, blobs and tags by id only where it sees every ref of the mirror and the mirror holds nothing orphaned, for then all
/// that is in the mirror is reachable from what it sees. What cannot be shown within bounds is not shown: the primary decides.
/// </summary>
public sealed class ReachabilityChecker(ObjectQueries objects)
{
    /// <summary>Looks at a mirror that changes meanwhile.</summary>
    private const int MaxLooks = 4;

    /// <summary>Of each listing, the refs of the mirror that it was found to lead to all of.</summary>
    private readonly ConditionalWeakTable<RefListing, MirrorRefs> _seesAll = [];

    /// <summary>Whether all of these objects are the mirror's and visible.</summary>
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

            // A sync brings objects first and sets refs then: what was looked at in between is looked at again.
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
    /// Whether these objects have been there all the time: a walk passes over what is missing, and orphans may have been sorted out before
    /// it.
    /// What is there now and was there before has not come anew in between, for that would have been a change.
    /// </summary>
    private async Task<bool> AreStillThereAsync(Mirror mirror, List<ObjectId> ids, long changes, CancellationToken cancellationToken) =>
        (await objects.KindsAsync(mirror, ids, cancellationToken)).Count == ids.Count && mirror.Changes == changes;

    /// <summary>
    /// Those of the objects that the asker says it has, haves and shallow lines, that an answer may take notice of: the visible ones. Null
    /// where it would take too long to tell.
    /// </summary>
    /// <remarks>
    /// An object that is hidden from the asker and one that the mirror does not know are left out alike. Else the key, and with it
    /// <c>Cache-Status</c>, would tell them apart, and so would the time: the walk is made for both. An answer from the mirror loses
    /// nothing by it, for git passes over what the mirror does not know. A shallow line can be left out because no visible have leads to
    /// it: it would be visible as well.
    /// </remarks>
    /// <param name="mirror">Which.</param>
    /// <param name="view">What the asker was shown.</param>
    /// <param name="rule">What being shown means.</param>
    /// <param name="request">What the asker says.</param>
    /// <param name="withOrphans">The answer is made of orphans as well.</param>
    /// <param name="cancellationToken">Ends it.</param>
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

    private static IEnumerable<ObjectId> TipsOf(Mirror mirror, AccessView view, VisibilityRule rule) =>
        (rule == VisibilityRule.Repository ? mirror.Refs.Tips : view.Tips()).Select(static tip => tip.Id).Distinct();

    /// <summary>What stands for the mirror as it is now; null while it holds orphans.</summary>
    private static long? StateOf(Mirror mirror)
    {
        long changes = mirror.Changes;
        return mirror.HoldsOrphans ? null : changes;
    }

    /// <summary>
    /// Whether all that the mirror holds, and held when it was in <paramref name="state"/>, is visible. Refs are looked at before the
    /// orphans that they leave, for they are set after those are noted: the other way round a ref that is rewound in between would make
    /// what it led to look as if it were shown. And it must be the same state still: what was found in it before may be an orphan that was
    /// sorted out meanwhile.
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

    /// <summary>Whether every ref of the mirror leads only to what was shown to this credential.</summary>
    private async Task<bool> SeesAllAsync(Mirror mirror, AccessView view, CancellationToken cancellationToken)
    {
        MirrorRefs refs = mirror.Refs;
        if (view.Newest is { } newest && _seesAll.TryGetValue(newest, out MirrorRefs? known) && known == refs)
        {
            return true;
        }

        HashSet<ObjectId> shown = [.. view.Tips().Select(static tip => tip.Id)];
        List<RefTip> others = [.. refs.Tips.Where(tip => !shown.Contains(tip.Id))];
        bool seesAll =
            others.Count == 0
            || (
                others.TrueForAll(static tip => tip.Peeled is null)
                && await AreCommitsReachableAsync(mirror, [.. others.Select(static tip => tip.Id).Distinct()], shown, cancellationToken)
            );
        if (seesAll && view.IsOneListing)
        {
            _seesAll.AddOrUpdate(view.Newest!, refs);
        }

        return seesAll;
    }

    private async Task<bool> AreCommitsReachableAsync(
        Mirror mirror,
        List<ObjectId> ids,
        HashSet<ObjectId> tips,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, ids, cancellationToken);
        return ids.TrueForAll(id => kinds.TryGetValue(id, out ObjectKind kind) && kind == ObjectKind.Commit)
            && await objects.AreReachableAsync(mirror, ids, tips, cancellationToken) == true;
    }
}
