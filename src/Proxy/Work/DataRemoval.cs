using Waystation.CacheStore;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.Primaries;

namespace Waystation.Proxy.Work;

/// <summary>
/// Removes the data of a repository, or of all repositories of a primary, also of one that is in the settings no more: what a purge
/// removes at every node of the farm, and what this node remembers of it.
/// </summary>
internal sealed class DataRemoval(
    RepositoryPurge purge,
    KeptRepositories kept,
    PrimaryMap primaries,
    AccessTickets tickets,
    RecentFetches recent,
    RepositoryTallies tallies,
    ClonePatterns patterns
)
{
    /// <summary>The repositories that an operator's text means: one by its name, or all of a host; null if it means none.</summary>
    public IReadOnlyList<RepositoryName>? Named(string text)
    {
        string plain = text.Trim('/');
        IReadOnlyList<RepositoryName> names = kept.Names();
        if (names.Where(name => IsOfHost(name, plain)).ToList() is { Count: > 0 } all)
        {
            return all;
        }

        if (names.Where(name => string.Equals(name.ToString(), plain, StringComparison.Ordinal)).ToList() is { Count: > 0 } one)
        {
            return one;
        }

        return primaries.NameOf(text) is { } named && (names.Contains(named) || tallies.Of(named) != RepositoryTally.Nothing)
            ? [named]
            : null;
    }

    /// <summary>Removes it.</summary>
    /// <exception cref="IOException">The disk refuses; everything that could be removed is gone.</exception>
    public async Task<Removed> RemoveAsync(RepositoryName repository)
    {
        tickets.Forget(repository);
        Purged purged = await purge.PurgeAsync(repository);
        // Once more: a request that was under way may have left a ticket.
        tickets.Forget(repository);
        patterns.Forget(repository);
        tallies.Forget(repository);
        return new Removed(
            purged.Repo,
            purged.Mirror,
            purged.MirrorBytes,
            purged.Packs,
            purged.PackBytes,
            purged.LfsObjects,
            purged.LfsBytes,
            recent.Forget(repository)
        );
    }

    private static bool IsOfHost(RepositoryName name, string host) =>
        string.Equals(name.Host, host, StringComparison.OrdinalIgnoreCase)
        || string.Equals(name.Host, "ssh:" + host, StringComparison.OrdinalIgnoreCase);
}
