namespace Waystation.CacheStore.Git;

/// <summary>How git competes for the processor and the disk. The kernel derives the priority on the disk from that on the processor.</summary>
public enum GitPriority
{
    /// <summary>A client waits for it, or may wait for a lock that it holds.</summary>
    Request,

    /// <summary>No client waits for it yet, but one may come to wait: a tenth of the processor where a request wants it too.</summary>
    Ahead,

    /// <summary>No client waits for it: next to nothing of the processor where a request wants it too.</summary>
    Upkeep,
}
