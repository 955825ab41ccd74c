using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Access;

/// <summary>One answer of the primary to the question which refs there are: what was asked for, and what was shown.</summary>
/// <param name="Asked">The question; a v0 or v1 advertisement answers <see cref="LsRefsRequest.All"/>.</param>
/// <param name="Tips">The answer.</param>
public sealed record RefListing(LsRefsRequest Asked, IReadOnlyList<RefTip> Tips)
{
    private const string Tags = "refs/tags/";

    /// <summary>
    /// Whether the primary's repository is shallow itself. Only a v0 or v1 advertisement says so; null where nothing was said.
    /// </summary>
    public bool? IsOfShallow { get; init; }

    /// <summary>Where an unborn HEAD points, as an <c>ls-refs</c> that asked for it was told.</summary>
    public string? UnbornHeadTarget { get; init; }

    /// <summary>What a v0 or v1 advertisement said beside its refs; null for an <c>ls-refs</c>.</summary>
    public V0Advertisement? Older { get; init; }

    /// <summary>It names every ref that this credential sees: no prefix was asked for, not even one that all names begin with.</summary>
    public bool IsComplete => Asked.RefPrefixes.Count == 0;

    /// <summary>It names every tag that this credential sees, with what annotated tags point to.</summary>
    public bool HasAllTags => Asked.Peel && (IsComplete || Asked.Prefixes.Find(Tags) >= 0);

    /// <summary>It says something of some tags, though perhaps not of all.</summary>
    public bool TouchesTags => IsComplete || Asked.Prefixes.Find(Tags) >= 0 || Asked.Prefixes.HasWithin(Tags);

    /// <summary>All that the other listing speaks of is spoken of by this one.</summary>
    internal bool Covers(RefListing other) => IsComplete || (!other.IsComplete && Asked.Prefixes.Covers(other.Asked.Prefixes));

    /// <summary>An answer to this question can be read off this listing: it was asked for as much, and in the same form.</summary>
    internal bool Answers(LsRefsRequest question) =>
        Older is null
        && Asked.ObjectFormat == question.ObjectFormat
        && SaysAsMuchAs(question)
        && (IsComplete || (question.RefPrefixes.Count > 0 && Asked.Prefixes.Covers(question.Prefixes)));

    /// <summary>What this listing says of a ref, it says as fully as an answer to this question would.</summary>
    internal bool SaysAsMuchAs(LsRefsRequest question) => (Asked.Peel || !question.Peel) && (Asked.Symrefs || !question.Symrefs);

    /// <summary>
    /// Nothing is lost where this listing takes the place of an older one, whoever asks for it: also not a ref of which this one only seems
    /// to say that it is gone.
    /// </summary>
    internal bool Supersedes(RefListing old, HeededPrefixes heeded) =>
        Covers(old)
        && SaysAsMuchAs(old.Asked)
        && (Asked.Unborn || !old.Asked.Unborn)
        && Older?.Version == old.Older?.Version
        && old.Tips.All(tip => heeded.TellOf(tip.Name));

    /// <summary>What an <c>ls-refs</c> answer shows.</summary>
    public static RefListing Of(LsRefsRequest asked, LsRefsReader answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new RefListing(asked, answer.Tips) { UnbornHeadTarget = answer.UnbornHeadTarget };
    }

    /// <summary>What a whole v0 or v1 advertisement shows: every ref, and what annotated tags point to.</summary>
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
