namespace Waystation.FetchCore.Observing;

/// <summary>Why the node could not make a pack from its mirror, so that another node or the primary made it.</summary>
public enum MissReason
{
    /// <summary>The repository has no mirror here yet.</summary>
    NoMirror,

    /// <summary>The mirror lacks the wanted objects, and no sync brought them in time (<c>Mirrors:SyncWait</c>).</summary>
    MirrorBehind,

    /// <summary>The mirror must be checked before it answers again.</summary>
    MirrorUnready,

    /// <summary>The node makes too many packs at once.</summary>
    Crowded,

    /// <summary>The node's own disk or git failed.</summary>
    Failed,
}
