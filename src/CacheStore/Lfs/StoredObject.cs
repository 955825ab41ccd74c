using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>One object on disk.</summary>
/// <param name="Object">Its name and length.</param>
/// <param name="StoredAt">The time when it came.</param>
/// <param name="Cost">The time that its coming took: the cost of losing it.</param>
/// <param name="Sums">The checksum of each of its blocks.</param>
/// <param name="Repositories">The repositories that refer to it.</param>
/// <param name="IsOfStrangers">For the log: whether a stranger brought it in and no known client has used it.</param>
internal sealed record StoredObject(
    LfsObject Object,
    DateTimeOffset StoredAt,
    TimeSpan Cost,
    uint[] Sums,
    IReadOnlyList<RepositoryName> Repositories,
    bool IsOfStrangers = false
);
