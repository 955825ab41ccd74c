namespace Waystation.FetchCore.Observing;

/// <summary>A phase of a fetch whose request has been read. The core measures the first two while they last.</summary>
public enum FetchPhase
{
    /// <summary>It is found out what the credential may read.</summary>
    Access,

    /// <summary>The fetch waits until the node may make one more pack.</summary>
    Turn,

    /// <summary>The pack is looked for, synced or made; no byte of it has left.</summary>
    FirstByte,

    /// <summary>The client gets it.</summary>
    Send,
}
