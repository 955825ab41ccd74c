namespace Waystation.GitProtocol.Objects;

/// <summary>The four kinds of objects.</summary>
public enum ObjectKind
{
    /// <summary>A commit.</summary>
    Commit,

    /// <summary>A tree.</summary>
    Tree,

    /// <summary>A blob.</summary>
    Blob,

    /// <summary>An annotated tag.</summary>
    Tag,
}
