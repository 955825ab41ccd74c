using Waystation.CacheStore;

namespace Waystation.Farm.Purges;

/// <summary>An order of an operator to remove everything of a repository from the disks of all nodes.</summary>
/// <param name="Id">Tells orders apart.</param>
/// <param name="Repository">The repository.</param>
/// <param name="At">When it was given, in milliseconds since 1970 by the clock of the node that got it.</param>
internal sealed record Purge(Guid Id, RepositoryName Repository, long At)
{
    /// <summary>Whether this node has carried it out already, because an operator gave it here.</summary>
    public bool IsDone { get; init; }
}
