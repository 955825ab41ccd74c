using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Access;

/// <summary>One listing of refs by the primary, with its question.</summary>
/// <param name="Asked">The question; <see cref="LsRefsRequest.All"/> for a v0 or v1 advertisement.</param>
/// <param name="Tips">The refs, in the primary's order; packed if the listing is kept.</param>
public sealed record RefListing(LsRefsRequest Asked, IReadOnlyList<RefTip> Tips)
{
    private const string Tags = "refs/tags/";

    /// <summary>The refs in the form in which many are gone through at once. A listing that was read from a primary has it.</summary>
    internal RefTipList Packed => Tips as RefTipList ?? RefTipList.Of(Tips);

    /// <summary>The refs in the order of their names, as git lists them anyway.</summary>
    internal RefTipList Sorted =>
        Packed is { IsSorted: true } packed ? packed : RefTipList.Of(Tips.OrderBy(static tip => tip.Name, StringComparer.Ordinal));

    /// <summary>
    /// Whether the primary's repository is shallow. Only a v0 or v1 advertisement shows it; otherwise null.
    /// </summary>
    public bool? IsOfShallow { get; init; }

    /// <summary>The target of an unborn HEAD, if the <c>ls-refs</c> asked for it.</summary>
    public string? UnbornHeadTarget { get; init; }

    /// <summary>The v0 or v1 advertisement without its refs; null for an <c>ls-refs</c>.</summary>
    public V0Advertisement? Older { get; init; }

    /// <summary>
    /// Whether it names every ref that this credential sees: the question had no prefix, not even one that all names begin with.
    /// </summary>
    public bool IsComplete => Asked.RefPrefixes.Count == 0;

    /// <summary>Whether it has every tag that this credential sees, with the targets of annotated tags.</summary>
    public bool HasAllTags => Asked.Peel && (IsComplete || Asked.Prefixes.Find(Tags) >= 0);

    /// <summary>Whether it may have some tags, though perhaps not all.</summary>
    public bool TouchesTags => IsComplete || Asked.Prefixes.Find(Tags) >= 0 || Asked.Prefixes.HasWithin(Tags);

    /// <summary>Whether this listing covers everything that the other one covers.</summary>
    internal bool Covers(RefListing other) => IsComplete || (!other.IsComplete && Asked.Prefixes.Covers(other.Asked.Prefixes));

    /// <summary>Whether it answers this question: its own question asked for as much, and in the same form.</summary>
    internal bool Answers(LsRefsRequest question) =>
        Older is null
        && Asked.ObjectFormat == question.ObjectFormat
        && SaysAsMuchAs(question)
        && (IsComplete || (question.RefPrefixes.Count > 0 && Asked.Prefixes.Covers(question.Prefixes)));

    /// <summary>Whether it has as much about each of its refs as the answer to this question has.</summary>
    internal bool SaysAsMuchAs(LsRefsRequest question) => (Asked.Peel || !question.Peel) && (Asked.Symrefs || !question.Symrefs);

    /// <summary>
    /// Whether it can replace an older listing without loss for any question, also for refs that it only seems to report as gone.
    /// </summary>
    internal bool Supersedes(RefListing old, HeededPrefixes heeded) =>
        Covers(old)
        && SaysAsMuchAs(old.Asked)
        && (Asked.Unborn || !old.Asked.Unborn)
        && Older?.Version == old.Older?.Version
        && (heeded.TellOfAll || old.Tips.All(tip => heeded.TellOf(tip.Name)));

    /// <summary>The listing in the form in which it is kept.</summary>
    internal RefListing ToKept() => Tips is RefTipList ? this : this with { Tips = Packed };

    /// <summary>The listing in an <c>ls-refs</c> response.</summary>
    public static RefListing Of(LsRefsRequest asked, LsRefsReader answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new RefListing(asked, answer.Tips) { UnbornHeadTarget = answer.UnbornHeadTarget };
    }

    /// <summary>The listing in a whole v0 or v1 advertisement: every ref, and the targets of annotated tags.</summary>
    public static RefListing Of(InfoRefsReader advertisement)
    {
        ArgumentNullException.ThrowIfNull(advertisement);
        return new RefListing(LsRefsRequest.All(advertisement.ObjectFormat), advertisement.Tips)
        {
            IsOfShallow = advertisement.Shallows.Count > 0,
            Older = new V0Advertisement(advertisement.Version, string.Join(' ', advertisement.V0Capabilities), [.. advertisement.Shallows]),
        };
    }
}
