using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>What an ls-refs command asks (gitprotocol-v2, ls-refs).</summary>
public sealed record LsRefsRequest
{
    /// <summary>At this many prefixes git uses none of them, and so do we.</summary>
    public const int TooManyPrefixes = 65_536;

    /// <summary>The format that the client takes the repository to have.</summary>
    public ObjectFormat ObjectFormat { get; init; }

    /// <summary>Show what annotated tags point to.</summary>
    public bool Peel { get; init; }

    /// <summary>Show where symbolic refs point.</summary>
    public bool Symrefs { get; init; }

    /// <summary>Show a HEAD whose branch is not born yet.</summary>
    public bool Unborn { get; init; }

    /// <summary>The prefixes, as <see cref="RefName"/> keeps names; none means all refs.</summary>
    public IReadOnlyList<string> RefPrefixes { get; init => field = ValueList<string>.From(value); } = ValueList<string>.Empty;

    /// <summary>Everything that a primary shows.</summary>
    public static LsRefsRequest All(ObjectFormat format) => new() { ObjectFormat = format, Peel = true, Symrefs = true };

    /// <summary>Whether an answer to this request would show the ref if there were one of this name.</summary>
    public bool Covers(string refName)
    {
        ArgumentNullException.ThrowIfNull(refName);
        return RefPrefixes.Count == 0 || RefPrefixes.Any(prefix => refName.StartsWith(prefix, StringComparison.Ordinal));
    }
}
