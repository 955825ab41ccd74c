using Waystation.GitProtocol.Advertisements;

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

    /// <summary>It names every ref that this credential sees.</summary>
    public bool IsComplete => Asked.RefPrefixes.Count == 0;

    /// <summary>It names every tag that this credential sees, with what annotated tags point to.</summary>
    public bool HasAllTags => Asked.Peel
        && (IsComplete || Asked.RefPrefixes.Any(static prefix => Tags.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>It says something of some tags, though perhaps not of all.</summary>
    public bool TouchesTags => HasAllTags || IsComplete
        || Asked.RefPrefixes.Any(static prefix => prefix.StartsWith(Tags, StringComparison.Ordinal) || Tags.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What a whole v0 or v1 advertisement shows: every ref, and what annotated tags point to.</summary>
    public static RefListing Of(InfoRefsReader advertisement)
    {
        ArgumentNullException.ThrowIfNull(advertisement);
        return new RefListing(LsRefsRequest.All(advertisement.ObjectFormat), advertisement.Tips) { IsOfShallow = advertisement.Shallows.Count > 0 };
    }
}
