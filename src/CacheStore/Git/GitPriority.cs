namespace Waystation.CacheStore.Git;

/// <summary>How git competes for the processor, and so for the disk: the kernel derives that priority from the other.</summary>
public enum GitPriority
{
    /// <summary>A client waits for it, or may wait for a lock that it holds.</summary>
    Request,

    /// <summary>No client waits for it yet, but one may come to wait: a tenth of the processor where a request wants it too.</summary>
    Ahead,

    /// <summary>No client waits for it: next to nothing of the processor where a request wants it too.</summary>
    Upkeep,
}
