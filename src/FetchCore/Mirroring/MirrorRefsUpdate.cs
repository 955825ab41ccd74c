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

    /// <summary>Whether the mirror's refs differ from the listing, as far as the listing covers them.</summary>
    public bool IsDue(Mirror mirror, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        MirrorRefs refs = mirror.Refs;
        return view.PeeledTips().Any(tip => refs.Find(tip.Name)?.Id != tip.Id) || Forgotten(mirror, view).Count > 0;
    }

    /// <summary>Whether the mirror has exactly the refs of this view, as far as the view covers them.</summary>
    public static bool Agrees(Mirror mirror, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(view);
        HashSet<string> shown = new(view.PeeledTips().Select(static tip => tip.Name), StringComparer.Ordinal);
        return mirror.Refs.Tips.All(tip => shown.Contains(tip.Name) || !view.Covers(tip.Name));
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
        bool areLedTo = brought.Strays != StrayObjects.Some && await AreLedToAsync(mirror, brought.Roots, mirror.Refs, cancellationToken);
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
        Dictionary<string, RefTip> next = refs.Tips.ToDictionary(static tip => tip.Name, StringComparer.Ordinal);
        List<ObjectId> left = [];
        int set = await SetAsync(mirror, view, next, left, cancellationToken);
        int removed = Remove(
            [.. Forgotten(mirror, view).Concat(Gone(view, gone)).Where(next.ContainsKey).Distinct(StringComparer.Ordinal)],
            next,
            left
        );
        if (set == 0 && removed == 0)
        {
            return false;
        }

        // The objects count as orphans first, so a node that is killed here errs on the safe side.
        var changed = new MirrorRefs(next.Values);
        mirror.SetRefs(changed, mayOrphan: !await AreLedToAsync(mirror, left, changed, cancellationToken));
        logger.RefsChanged(mirror.Name, set, removed);
        return true;
    }

    private async Task<int> SetAsync(
        Mirror mirror,
        AccessView view,
        Dictionary<string, RefTip> next,
        List<ObjectId> left,
        CancellationToken cancellationToken
    )
    {
        List<RefTip> moved =
        [
            .. new MirrorRefs(view.Tips().Where(tip => !next.TryGetValue(tip.Name, out RefTip? old) || old.Id != tip.Id)).Tips,
        ];
        HashSet<RefTip> peeled = [.. new MirrorRefs(view.PeeledTips()).Tips];
        IReadOnlyDictionary<ObjectId, ObjectKind> present = await objects.KindsAsync(
            mirror,
            [.. moved.Select(static tip => tip.Id).Distinct()],
            cancellationToken
        );
        int set = 0;

        // A listing without peeled ids still has everything about refs to commits.
        foreach (
            RefTip tip in moved.Where(tip =>
                present.TryGetValue(tip.Id, out ObjectKind kind) && (kind == ObjectKind.Commit || peeled.Contains(tip))
            )
        )
        {
            if (next.TryGetValue(tip.Name, out RefTip? old))
            {
                left.Add(old.Id);
            }

            next[tip.Name] = tip;
            set++;
        }

        return set;
    }

    private static int Remove(List<string> names, Dictionary<string, RefTip> next, List<ObjectId> left)
    {
        foreach (string name in names)
        {
            left.Add(next[name].Id);
            next.Remove(name);
        }

        return names.Count;
    }

    /// <summary>The removed refs that no client has made again since.</summary>
    private static IEnumerable<string> Gone(AccessView view, IReadOnlyCollection<string> gone)
    {
        HashSet<string> shown = gone.Count == 0 ? [] : new(view.Tips().Select(static tip => tip.Name), StringComparer.Ordinal);
        return gone.Where(name => view.Covers(name) && !shown.Contains(name));
    }

    private List<string> Forgotten(Mirror mirror, AccessView view) =>
        _unseen.GetValue(mirror, _ => new UnseenRefs(time, s_memory)).See(mirror.Refs, view);

    private async Task<bool> AreLedToAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> ids,
        MirrorRefs refs,
        CancellationToken cancellationToken
    )
    {
        HashSet<ObjectId> tips = [.. refs.Tips.Select(static tip => tip.Id)];
        List<ObjectId> others = [.. ids.Where(id => !tips.Contains(id)).Distinct()];
        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, others, cancellationToken);
        return others.TrueForAll(id => kinds.TryGetValue(id, out ObjectKind kind) && kind == ObjectKind.Commit)
            && await objects.AreReachableAsync(mirror, others, tips, cancellationToken) == true;
    }
}
