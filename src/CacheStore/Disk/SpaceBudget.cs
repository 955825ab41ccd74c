using System.Collections.Immutable;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// The space that packs, mirrors and LFS objects share, and the one rule of eviction: the least worth goes first, in whichever store it is.
/// <code>
///   a store is over its own limit         → the least worth of this store goes
///   all are over Disk:MaxSize,
///   or the disk is short (Disk:Reserve)   → the least worth of all stores goes
///
///   things of strangers go before all others,
///   and for a thing of a stranger nothing else goes, unless no client has used it for a week
/// </code>
/// A worth is in milliseconds per byte (<see cref="WorthIndex{TKey,TItem}"/>), with one <see cref="WorthAge"/> for all, so the stores can
/// be compared. Unfinished files count when they are finished.
/// </summary>
public sealed class SpaceBudget
{
    private static readonly ImmutableArray<Evictable> s_forKnown = [Evictable.OfStrangers, Evictable.OfKnown];
    private static readonly ImmutableArray<Evictable> s_forStrangers = [Evictable.OfStrangers, Evictable.LongUnused];

    private readonly DataFolder _folder;
    private readonly DiskOptions _options;
    private readonly StrangerOptions _strangers;
    private ImmutableArray<ISpaceHolder> _stores = [];

    /// <param name="folder">The data folder, which knows the free space of the disk.</param>
    /// <param name="options">The limits of all stores together.</param>
    /// <param name="strangers">The share of strangers.</param>
    /// <param name="time">The clock.</param>
    public SpaceBudget(DataFolder folder, DiskOptions options, StrangerOptions strangers, TimeProvider time)
    {
        (_folder, _options, _strangers) = (folder, options, strangers);
        Worths = new Worths(time);
    }

    internal Worths Worths { get; }

    /// <summary>The store's things count, and can be evicted.</summary>
    internal void Add(ISpaceHolder store) => ImmutableInterlocked.Update(ref _stores, static (stores, one) => stores.Add(one), store);

    /// <summary>Evicts until so many bytes more fit all limits; false if they never will.</summary>
    /// <param name="grower">The store that grows.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isOfStranger">Whether a stranger brings them in.</param>
    /// <param name="spared">A repository that grows: its mirror stays.</param>
    internal bool TryMakeRoom(ISpaceHolder grower, long bytes, bool isOfStranger = false, RepositoryName? spared = null)
    {
        long share = isOfStranger ? ShareOf(grower) : long.MaxValue;
        if (bytes > grower.MaxBytes || bytes > share || (_options.MaxSize > 0 && bytes > _options.MaxSize))
        {
            return false;
        }

        while (true)
        {
            if (isOfStranger && grower.BytesOfStrangers + bytes > share)
            {
                if (!TryEvictFrom([grower], Evictable.OfStrangers, spared))
                {
                    return false;
                }

                continue;
            }

            ImmutableArray<ISpaceHolder> from;
            if (grower.Bytes + bytes > grower.MaxBytes)
            {
                from = [grower];
            }
            else if (IsShort(bytes))
            {
                from = _stores;
            }
            else
            {
                return true;
            }

            if (!(isOfStranger ? s_forStrangers : s_forKnown).Any(among => TryEvictFrom(from, among, spared)))
            {
                return false;
            }
        }
    }

    /// <summary>Whether a stranger that found no room may have found it as a known client. Otherwise the disk is full.</summary>
    internal bool HoldsBackStrangers =>
        _strangers.MaxShare < 100 || _stores.Any(static store => store.LeastWorth(Evictable.OfKnown, spared: null) is not null);

    private long ShareOf(ISpaceHolder store) => (long)(store.MaxBytes * (_strangers.MaxShare / 100.0));

    private bool IsShort(long bytes) =>
        (_options.MaxSize > 0 && bytes + _stores.Sum(static store => store.Bytes) > _options.MaxSize) || !_folder.HasRoomFor(bytes);

    private static bool TryEvictFrom(ImmutableArray<ISpaceHolder> stores, Evictable among, RepositoryName? spared)
    {
        (ISpaceHolder? least, double leastWorth) = (null, double.PositiveInfinity);
        foreach (ISpaceHolder store in stores)
        {
            if (store.LeastWorth(among, spared) is { } worth && worth < leastWorth)
            {
                (least, leastWorth) = (store, worth);
            }
        }

        // What was the least may have gone meanwhile. Then this does nothing, and the caller looks again.
        least?.TryEvict(among, spared);
        return least is not null;
    }
}
