using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Brings the refs of a mirror to a listing of the primary. A ref is set when its object is in the mirror. It is removed when listings that
/// would show it have not shown it for a while, because a credential that merely does not see it must not make it come and go.
/// </summary>
public sealed class MirrorRefsUpdate(ObjectQueries objects, TimeProvider time, ILogger<MirrorRefsUpdate> logger)
{
    /// <summary>How long a ref stays after its last listing.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);

    /// <summary>The memory of a mirror's refs ends with the mirror.</summary>
    private readonly ConditionalWeakTable<Mirror, UnseenRefs> _unseen = new();

    /// <summary>For each listing: the mirror's refs that are the same. So the next request with the listing compares nothing.</summary>
    private readonly ConditionalWeakTable<RefListing, MirrorRefs> _same = [];

    /// <summary>Whether the mirror's refs differ from the listing, as far as the listing covers them.</summary>
    public bool IsDue(Mirror mirror, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        MirrorRefs refs = mirror.Refs;
        UnseenRefs unseen = UnseenOf(mirror);
        if (view.IsOneListing && unseen.Count == 0 && _same.TryGetValue(view.Newest!, out MirrorRefs? same) && same == refs)
        {
            return false;
        }

        for (var both = new RefComparison(refs.Tips, view, peeledOnly: true); both.MoveNext(); )
        {
            if (both.IsMoved)
            {
                return true;
            }
        }

        bool isForgotten = unseen.See(refs, view, out bool showsAll).Count > 0;
        if (showsAll && view.IsOneListing)
        {
            _same.AddOrUpdate(view.Newest!, refs);
        }

        return isForgotten;
    }

    /// <summary>Whether the mirror has exactly the refs of this view, as far as the view covers them.</summary>
    public static bool Agrees(Mirror mirror, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        for (var both = new RefComparison(mirror.Refs.Tips, view, peeledOnly: true); both.MoveNext(); )
        {
            if (!both.IsTheirs && view.Covers(RefName.FromBytes(both.Ours.Name)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Changes the refs; the caller has the mirror's turn. False if there was nothing to change.</summary>
    /// <param name="mirror">The mirror.</param>
    /// <param name="view">The listings.</param>
    /// <param name="brought">Objects that have just come; those to which no ref leads are orphans from now on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="gone">Refs that the primary reported as removed; these are removed at once.</param>
    public async Task<bool> ApplyAsync(
        Mirror mirror,
        AccessView view,
        Brought brought,
        CancellationToken cancellationToken,
        IReadOnlyCollection<string>? gone = null
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(brought);
        bool changed = await ChangeAsync(mirror, view, gone ?? [], cancellationToken);
        bool areLedTo =
            brought.Strays != StrayObjects.Some
            && await AreLedToAsync(mirror, brought.Roots, mirror.Refs, RefTipList.Empty, cancellationToken);
        mirror.NoteRefsSet(areLedTo, isProven: brought.Strays != StrayObjects.Unknown);
        return changed;
    }

    private async Task<bool> ChangeAsync(
        Mirror mirror,
        AccessView view,
        IReadOnlyCollection<string> gone,
        CancellationToken cancellationToken
    )
    {
        MirrorRefs refs = mirror.Refs;
        List<ObjectId> left = [];
        RefTipList set = await MovedAsync(mirror, refs, view, left, cancellationToken);
        HashSet<string> removed = new(UnseenOf(mirror).See(refs, view, out _), StringComparer.Ordinal);
        removed.UnionWith(Gone(view, gone).Where(name => refs.Find(name) is not null));
        if (set.Count == 0 && removed.Count == 0)
        {
            return false;
        }

        MirrorRefs changed = refs.With(set, removed);
        left.AddRange(removed.Select(name => (set.Find(RefName.ToBytes(name)) ?? refs.Find(name)!).Id));

        // The objects count as orphans first, so a node that is killed here errs on the safe side.
        bool areLedTo = await AreLedToAsync(mirror, left, changed, removed.Count == 0 ? set : RefTipList.Empty, cancellationToken);
        mirror.SetRefs(changed, mayOrphan: !areLedTo);
        logger.RefsChanged(mirror.Name, set.Count, removed.Count);
        return true;
    }

    /// <summary>The new and moved refs whose objects are here.</summary>
    private async Task<RefTipList> MovedAsync(
        Mirror mirror,
        MirrorRefs refs,
        AccessView view,
        List<ObjectId> left,
        CancellationToken cancellationToken
    )
    {
        HashSet<ObjectId> ids = [];
        for (var both = new RefComparison(refs.Tips, view, peeledOnly: false); both.MoveNext(); )
        {
            if (IsToBeSet(both))
            {
                ids.Add(both.Theirs.Id);
            }
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> present = await objects.KindsAsync(mirror, ids, cancellationToken);
        if (present.Count == 0)
        {
            return RefTipList.Empty;
        }

        var moved = new RefTipListBuilder();
        for (var both = new RefComparison(refs.Tips, view, peeledOnly: false); both.MoveNext(); )
        {
            // A listing without peeled ids still has everything about refs to commits.
            if (
                IsToBeSet(both)
                && present.TryGetValue(both.Theirs.Id, out ObjectKind kind)
                && (kind == ObjectKind.Commit || both.IsOfPeeled)
            )
            {
                moved.Add(both.Theirs);
                if (both.IsOurs)
                {
                    left.Add(both.Ours.Id);
                }
            }
        }

        return MirrorRefs.OfKept(moved.ToList()).Tips;
    }

    private static bool IsToBeSet(RefComparison both) => both.IsMoved && MirrorRefs.IsKept(both.Theirs.Name);

    /// <summary>The removed refs that no client has made again since.</summary>
    private static HashSet<string> Gone(AccessView view, IReadOnlyCollection<string> gone)
    {
        HashSet<string> names = new(gone.Where(name => view.Covers(name)), StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return names;
        }

        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> shown = names.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> characters = stackalloc char[RefName.MaxLength];
        for (var reader = new ViewReader(view, peeledOnly: false); reader.MoveNext(); )
        {
            shown.Remove(RefName.ToCharacters(reader.Tip.Name, characters));
        }

        return names;
    }

    private UnseenRefs UnseenOf(Mirror mirror) => _unseen.GetValue(mirror, _ => new UnseenRefs(time, s_memory));

    /// <param name="mirror">The mirror.</param>
    /// <param name="ids">The objects.</param>
    /// <param name="refs">The refs.</param>
    /// <param name="near">Those of the refs that most likely lead to the objects.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<bool> AreLedToAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> ids,
        MirrorRefs refs,
        RefTipList near,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyCollection<ObjectId> others = TipSearch.NotTips(refs.Tips, ids);
        if (others.Count == 0)
        {
            return true;
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, others, cancellationToken);
        return others.All(id => kinds.TryGetValue(id, out ObjectKind kind) && kind == ObjectKind.Commit)
            && (
                ObjectQueries.AreKnownToBeReachable(mirror, others, near.Ids())
                || await objects.AreReachableAsync(mirror, others, refs.Tips.Ids(), cancellationToken) == true
            );
    }
}
