using Waystation.CacheStore.Flights;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// Counts how often each pack was asked for in the last hour. A pack that is not kept at once is kept when it is asked for again. The
/// repository with the most new keys makes room, so a client that always asks for new packs of one repository displaces no key of
/// another. Strangers have counts of their own.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">The number of keys, of all repositories together.</param>
public sealed class PackAdmission(TimeProvider time, int capacity = 131_072)
{
    private readonly RecentMap<(RepositoryName Repository, PackKey Key), int> _ofKnown = NewCounts(time, capacity);
    private readonly RecentMap<(RepositoryName Repository, PackKey Key), int> _ofStrangers = NewCounts(time, capacity);

    /// <summary>Counts a request for this pack.</summary>
    public void Count(RepositoryName repository, PackKey key, bool isStranger = false) =>
        CountsOf(isStranger).Update((repository, key), static times => times + 1);

    /// <summary>Whether this pack was asked for more than once, by strangers or by other clients.</summary>
    public bool WasAskedAgain(RepositoryName repository, PackKey key, bool isStranger = false) =>
        CountsOf(isStranger).TryGet((repository, key), out int times) && times > 1;

    private RecentMap<(RepositoryName Repository, PackKey Key), int> CountsOf(bool isStranger) => isStranger ? _ofStrangers : _ofKnown;

    private static RecentMap<(RepositoryName Repository, PackKey Key), int> NewCounts(TimeProvider time, int capacity) =>
        new(capacity, TimeSpan.FromHours(1), time, static asked => asked.Repository);
}
