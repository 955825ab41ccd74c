using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>One change of the store, as <see cref="ObjectLog"/> has it on disk.</summary>
internal abstract record ObjectLogEntry
{
    /// <summary>The object was put away.</summary>
    public sealed record Stored(StoredObject Object) : ObjectLogEntry;

    /// <summary>A repository refers to a stored object.</summary>
    public sealed record Referred(LfsObjectId Id, RepositoryName Repository) : ObjectLogEntry;

    /// <summary>The object was removed.</summary>
    public sealed record Removed(LfsObjectId Id) : ObjectLogEntry;

    /// <summary>The repository refers to no object any more. Objects without a repository are removed.</summary>
    public sealed record Purged(RepositoryName Repository) : ObjectLogEntry;
}
