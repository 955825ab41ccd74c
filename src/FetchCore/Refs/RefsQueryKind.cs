namespace Waystation.FetchCore.Refs;

/// <summary>The node's own questions about refs.</summary>
public enum RefsQueryKind
{
    /// <summary><c>ls-refs</c> of all refs (v2).</summary>
    AllRefs,

    /// <summary><c>ls-refs</c> of all tags (v2).</summary>
    Tags,

    /// <summary>The advertisement of v0 and v1: all refs, and whether the repository is shallow.</summary>
    Advertisement,

    /// <summary>The advertisement of v2, which names no ref: only whether the credential may read.</summary>
    IsAccepted,
}
