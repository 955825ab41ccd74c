using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Access.Recording;

/// <summary>
/// The listings that one credential last saw of one repository, for an outage. The record answers a question only if a listing covers all
/// of it, because a partial list would delete branches at a client that prunes. For the same reason it gives no answer that would lack a
/// ref of an older listing, unless a newer listing is known to say that the ref is gone (<see cref="HeededPrefixes"/>).
/// </summary>
public sealed class RecordedAccess(IReadOnlyList<RecordedListing> newestFirst, CapabilityAdvertisement? capabilities)
{
    private const string Head = "HEAD";
    private const string Heads = "refs/heads/";

    private readonly HeededPrefixes?[] _heeded = new HeededPrefixes?[newestFirst.Count];

    /// <summary>The v2 capability advertisement; null if the primary did not send it lately.</summary>
    public CapabilityAdvertisement? Capabilities => capabilities;

    /// <summary>All listings, for the wants of a fetch.</summary>
    public AccessView View { get; } = new([.. newestFirst.Select(static recorded => recorded.Listing)]);

    /// <summary>The age of the newest listing; null if there is none.</summary>
    public TimeSpan? Age => newestFirst.Count > 0 ? newestFirst[0].Age : null;

    /// <summary>The time since the newest of these was shown.</summary>
    public TimeSpan? AgeOf(IReadOnlyList<ObjectId> ids)
    {
        HashSet<ObjectId> wanted = [.. ids];
        return newestFirst.FirstOrDefault(recorded => recorded.Listing.Tips.Any(tip => wanted.Contains(tip.Id)))?.Age ?? Age;
    }

    /// <summary>The answer to an <c>ls-refs</c>; null if no listing covers it.</summary>
    public RecordedListing? Answer(LsRefsRequest asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        for (int i = 0; i < newestFirst.Count; i++)
        {
            RefListing basis = newestFirst[i].Listing;
            if (
                basis.Answers(asked)
                && Merge(i, asked) is { } tips
                && !LacksShown(i, asked, tips)
                && TryTellHead(basis, tips, asked, out string? unborn)
            )
            {
                return new RecordedListing(new RefListing(asked, tips) { UnbornHeadTarget = unborn }, newestFirst[i].Age);
            }
        }

        return null;
    }

    /// <summary>The advertisement of v0 or v1; null if none of that version is recorded.</summary>
    public RecordedListing? Advertisement(int version)
    {
        for (int i = 0; i < newestFirst.Count; i++)
        {
            RefListing listing = newestFirst[i].Listing;
            if (listing.Older?.Version == version && Merge(i, listing.Asked) is { } tips)
            {
                return new RecordedListing(listing with { Tips = tips }, newestFirst[i].Age);
            }
        }

        return null;
    }

    /// <summary>The tips of a listing that the question asks for, corrected by newer listings.</summary>
    private List<RefTip>? Merge(int basis, LsRefsRequest asked)
    {
        List<RefTip> tips = [.. newestFirst[basis].Listing.Tips.Where(tip => asked.Covers(tip.Name))];
        bool isChanged = false;
        for (int i = basis - 1; i >= 0; i--)
        {
            RefListing newer = newestFirst[i].Listing;
            Dictionary<string, RefTip> before = tips.Where(tip => newer.Asked.Covers(tip.Name))
                .ToDictionary(static tip => tip.Name, StringComparer.Ordinal);
            List<RefTip> after = [];
            foreach (RefTip tip in newer.Tips.Where(tip => asked.Covers(tip.Name) && newer.Asked.Covers(tip.Name)))
            {
                if (InForm(tip, before.GetValueOrDefault(tip.Name), newer, asked) is not { } told)
                {
                    return null;
                }

                after.Add(told);
            }

            if (after.Count < before.Count || !after.TrueForAll(tip => before.ContainsKey(tip.Name)))
            {
                HashSet<string> shown = NamesOf(after);
                if (before.Keys.Any(name => !shown.Contains(name) && !HeededBy(i).TellOf(name)))
                {
                    return null;
                }
            }

            if (after.Count != before.Count || after.Exists(tip => before.GetValueOrDefault(tip.Name) != tip))
            {
                tips = [.. tips.Where(tip => !newer.Asked.Covers(tip.Name)), .. after];
                isChanged = true;
            }
        }

        if (isChanged)
        {
            tips.Sort(
                static (a, b) =>
                    (a.Name == Head, b.Name == Head) switch
                    {
                        (true, false) => -1,
                        (false, true) => 1,
                        _ => string.CompareOrdinal(a.Name, b.Name),
                    }
            );
        }

        return
        [
            .. tips.Select(tip =>
                tip with
                {
                    Peeled = asked.Peel ? tip.Peeled : null,
                    SymrefTarget = asked.Symrefs ? tip.SymrefTarget : null,
                }
            ),
        ];
    }

    /// <summary>
    /// Whether an older listing shows a ref that is not among these tips, and no newer listing is known to say that it is gone.
    /// </summary>
    private bool LacksShown(int basis, LsRefsRequest asked, List<RefTip> told)
    {
        if (newestFirst[basis].Listing.IsComplete)
        {
            return false;
        }

        HashSet<string> names = NamesOf(told);
        return newestFirst
            .Skip(basis + 1)
            .SelectMany(static older => older.Listing.Tips)
            .Any(tip =>
                !names.Contains(tip.Name)
                && asked.Covers(tip.Name)
                && !Enumerable.Range(0, basis + 1).Any(newer => HeededBy(newer).TellOf(tip.Name))
            );
    }

    private static HashSet<string> NamesOf(List<RefTip> tips) => new(tips.Select(static tip => tip.Name), StringComparer.Ordinal);

    private HeededPrefixes HeededBy(int index) => _heeded[index] ??= new HeededPrefixes(newestFirst[index].Listing);

    /// <summary>The tip with everything that the question asks for; null if a newer listing lacks some of it.</summary>
    private static RefTip? InForm(RefTip tip, RefTip? before, RefListing newer, LsRefsRequest asked)
    {
        if (newer.SaysAsMuchAs(asked))
        {
            return tip;
        }

        if (before is not null && before.Id == tip.Id)
        {
            return before;
        }

        bool isBranch = tip.Name.StartsWith(Heads, StringComparison.Ordinal) || tip.Name == Head;
        bool isSymrefKnown = newer.Asked.Symrefs || !asked.Symrefs || before is not null || tip.Name != Head;
        return (newer.Asked.Peel || !asked.Peel || isBranch) && isSymrefKnown
            ? tip with
            {
                SymrefTarget = tip.SymrefTarget ?? before?.SymrefTarget,
            }
            : null;
    }

    private static bool TryTellHead(RefListing basis, List<RefTip> tips, LsRefsRequest asked, out string? unborn)
    {
        unborn = null;
        if (!asked.Unborn || !asked.Covers(Head) || tips.Exists(static tip => tip.Name == Head))
        {
            return true;
        }

        unborn = basis.UnbornHeadTarget;
        return basis.Asked.Unborn;
    }
}
