using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// The refs that a clone selected, as far as its wants show: so the node knows which wants the same clone has when the refs have moved.
/// </summary>
/// <param name="Kind">All refs of a kind, or some by name.</param>
/// <param name="Names">The names, in ordinal order, a line each; empty for all of a kind.</param>
public sealed record RefSelection(RefSelectionKind Kind, string Names = "")
{
    /// <summary>A clone of some refs seldom has more; guards memory.</summary>
    private const int MaxNames = 16;

    private const string Heads = "refs/heads/";
    private const string Tags = "refs/tags/";

    /// <summary>The selection behind these wants; null if they are not tips of refs.</summary>
    /// <param name="wants">The wants.</param>
    /// <param name="isDeep">Whether it is a clone of all history; a shallow clone is of one branch by default.</param>
    /// <param name="view">The listings of the credential.</param>
    public static RefSelection? Of(IReadOnlyCollection<ObjectId> wants, bool isDeep, AccessView view)
    {
        ArgumentNullException.ThrowIfNull(wants);
        ArgumentNullException.ThrowIfNull(view);
        HashSet<ObjectId> wanted = [.. wants];
        bool isOne = wanted.Count == 1 && !isDeep;
        if (!isOne && view.CoversAll(Heads))
        {
            foreach (
                RefSelectionKind kind in (RefSelectionKind[])[RefSelectionKind.HeadsAndTags, RefSelectionKind.Heads, RefSelectionKind.All]
            )
            {
                if (wanted.SetEquals(view.Tips().Where(tip => IsOf(kind, tip.Name)).Select(static tip => tip.Id)))
                {
                    return new RefSelection(kind);
                }
            }
        }

        if (wanted.Count > MaxNames)
        {
            return null;
        }

        List<RefTip> tips = [.. view.TipsOf(wanted)];
        List<string> names = [];
        foreach (ObjectId want in wanted)
        {
            if (
                tips.Where(tip => tip.Id == want)
                    .OrderBy(static tip => Rank(tip.Name))
                    .ThenBy(static tip => tip.Name, StringComparer.Ordinal)
                    .FirstOrDefault()
                is not { } tip
            )
            {
                return null;
            }

            // Listings without HEAD update a mirror as well, and then HEAD's branch is the ref that moves.
            names.Add(tip.SymrefTarget ?? tip.Name);
        }

        return new RefSelection(RefSelectionKind.Named, string.Join('\n', names.Order(StringComparer.Ordinal)));
    }

    /// <summary>The wants of the same selection in other refs; null if a ref is missing.</summary>
    public IReadOnlyList<ObjectId>? WantsOf(IReadOnlyCollection<RefTip> tips)
    {
        ArgumentNullException.ThrowIfNull(tips);
        HashSet<string> names = Kind == RefSelectionKind.Named ? [.. Names.Split('\n')] : [];
        List<RefTip> chosen =
            names.Count > 0 && tips is RefTipList { IsSorted: true } sorted
                ? [.. names.Order(StringComparer.Ordinal).Select(name => sorted.Find(RefName.ToBytes(name))).OfType<RefTip>()]
                : [.. tips.Where(tip => Kind == RefSelectionKind.Named ? names.Contains(tip.Name) : IsOf(Kind, tip.Name))];
        return chosen.Count == 0 || (Kind == RefSelectionKind.Named && chosen.Count < names.Count)
            ? null
            : [.. chosen.Select(static tip => tip.Id).Distinct()];
    }

    private static bool IsOf(RefSelectionKind kind, string name) =>
        kind switch
        {
            // HEAD is one of the branches; a clone without that is a selection of its own.
            RefSelectionKind.All => name != "HEAD",
            RefSelectionKind.Heads => name.StartsWith(Heads, StringComparison.Ordinal),
            _ => name.StartsWith(Heads, StringComparison.Ordinal) || name.StartsWith(Tags, StringComparison.Ordinal),
        };

    /// <summary>Of the names of a tip, the one that a clone most likely meant.</summary>
    private static int Rank(string name) =>
        name == "HEAD" ? 0
        : name.StartsWith(Heads, StringComparison.Ordinal) ? 1
        : name.StartsWith(Tags, StringComparison.Ordinal) ? 2
        : 3;
}

/// <summary>Which refs.</summary>
public enum RefSelectionKind
{
    /// <summary>Those with these names.</summary>
    Named,

    /// <summary>All branches.</summary>
    Heads,

    /// <summary>All branches and all tags.</summary>
    HeadsAndTags,

    /// <summary>All that there are.</summary>
    All,
}
