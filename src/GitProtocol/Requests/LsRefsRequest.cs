using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Requests;

/// <summary>What an ls-refs command asks (gitprotocol-v2, ls-refs).</summary>
public sealed record LsRefsRequest
{
    /// <summary>
    /// So many prefixes are read: twenty branches by name, as git's own client asks for each in six spellings. Servers heed no more
    /// than some bound of their own, and what they do with more differs; so the answer to more is not believed to speak of all of them.
    /// </summary>
    public const int MaxPrefixes = 128;

    /// <summary>All prefixes of one question together: what is recorded of it stays small beside its answer.</summary>
    public const int MaxPrefixBytes = 8 * 1024;

    /// <summary>The format that the client takes the repository to have.</summary>
    public ObjectFormat ObjectFormat { get; init; }

    /// <summary>Show what annotated tags point to.</summary>
    public bool Peel { get; init; }

    /// <summary>Show where symbolic refs point.</summary>
    public bool Symrefs { get; init; }

    /// <summary>Show a HEAD whose branch is not born yet.</summary>
    public bool Unborn { get; init; }

    /// <summary>The prefixes as they were asked, as <see cref="RefName"/> keeps names; none means all refs.</summary>
    public IReadOnlyList<string> RefPrefixes
    {
        get;
        init
        {
            field = ValueList<string>.From(value);
            Prefixes = RefPrefixSet.Of(value);
        }
    } = ValueList<string>.Empty;

    /// <summary>What they come to.</summary>
    public RefPrefixSet Prefixes { get; private init; } = RefPrefixSet.None;

    /// <summary>Everything that a primary shows.</summary>
    public static LsRefsRequest All(ObjectFormat format) =>
        new()
        {
            ObjectFormat = format,
            Peel = true,
            Symrefs = true,
        };

    /// <summary>Whether an answer to this request would show the ref if there were one of this name.</summary>
    public bool Covers(string refName)
    {
        ArgumentNullException.ThrowIfNull(refName);
        return RefPrefixes.Count == 0 || Prefixes.Find(refName) >= 0;
    }
}
