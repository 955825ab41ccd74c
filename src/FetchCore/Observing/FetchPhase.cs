namespace Waystation.FetchCore.Observing;

/// <summary>A phase of a fetch that the core measures while it lasts.</summary>
public enum FetchPhase
{
    /// <summary>It is found out what the credential may read.</summary>
    Access,

    /// <summary>The fetch waits until the node may make one more pack.</summary>
    Turn,
}
