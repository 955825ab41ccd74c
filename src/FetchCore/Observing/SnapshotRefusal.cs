namespace Waystation.FetchCore.Observing;

/// <summary>Why a node gives no snapshot of a repository; the client clones instead.</summary>
public enum SnapshotRefusal
{
    /// <summary>The path names no repository clearly.</summary>
    Malformed,

    /// <summary>The project is not selected for caching.</summary>
    NotSelected,

    /// <summary>The login belongs to the connection (NTLM, Negotiate).</summary>
    ConnectionLogin,

    /// <summary>The primary gave no listing of all refs.</summary>
    NoListing,

    /// <summary>Another node of the farm keeps the mirror.</summary>
    KeptElsewhere,

    /// <summary>The repository has no mirror here yet.</summary>
    NoMirror,

    /// <summary>The mirror lacks shown commits, and no sync brought them in time (<c>Mirrors:SyncWait</c>).</summary>
    MirrorBehind,

    /// <summary>The mirror must be checked before it answers again.</summary>
    MirrorUnready,

    /// <summary>The mirror has refs that this credential does not see.</summary>
    HiddenRefs,

    /// <summary>The mirror has, or may have, objects that no ref leads to any more.</summary>
    Orphans,

    /// <summary>The node has too much to look up.</summary>
    Crowded,

    /// <summary>The node's own disk or git failed.</summary>
    Failed,
}
