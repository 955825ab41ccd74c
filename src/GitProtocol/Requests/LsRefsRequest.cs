using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Requests;

/// <summary>What an ls-refs command asks (gitprotocol-v2, ls-refs).</summary>
public sealed record LsRefsRequest
{
    /// <summary>
    /// The most prefixes that are read: twenty branches by name, because git's own client asks for each in six spellings. Each server
    /// heeds prefixes up to its own bound and treats further ones in its own way. So for more prefixes the node does not know which refs a
    /// response covers.
    /// </summary>
    public const int MaxPrefixes = 128;

    /// <summary>The most bytes of all prefixes of one question, so that the record of the question stays small beside the
    /// response.</summary>
    public const int MaxPrefixBytes = 8 * 1024;

    /// <summary>The format that the client takes the repository to have.</summary>
    public ObjectFormat ObjectFormat { get; init; }

    /// <summary>Show the objects that annotated tags point to.</summary>
    public bool Peel { get; init; }

    /// <summary>Show the targets of symbolic refs.</summary>
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

    /// <summary>The prefixes without redundant ones.</summary>
    public RefPrefixSet Prefixes { get; private init; } = RefPrefixSet.None;

    /// <summary>Everything that a primary shows.</summary>
    public static LsRefsRequest All(ObjectFormat format) =>
        new()
        {
            ObjectFormat = format,
            Peel = true,
            Symrefs = true,
        };

    /// <summary>Whether a response to this request shows a ref of this name, if the ref exists.</summary>
    public bool Covers(ReadOnlySpan<char> refName) => RefPrefixes.Count == 0 || Prefixes.Find(refName) >= 0;
}
