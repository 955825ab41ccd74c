using System.Collections.Immutable;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// The space that packs, mirrors and LFS objects share, and the one rule of eviction: the least worth goes first, in whichever store it is.
/// <code>
///   a store is over its own limit         → the least worth of this store goes
///   all are over Disk:MaxSize,
///   or the disk is short (Disk:Reserve)   → the least worth of all stores goes
/// </code>
/// A worth is in milliseconds per byte (<see cref="WorthIndex{TKey,TItem}"/>), with one <see cref="WorthAge"/> for all, so the stores can
/// be compared. Unfinished files count when they are finished.
/// </summary>
public sealed class SpaceBudget(DataFolder folder, DiskOptions options)
{
    private ImmutableArray<ISpaceHolder> _stores = [];

    internal WorthAge Age { get; } = new();

    /// <summary>The store's things count, and can be evicted.</summary>
    internal void Add(ISpaceHolder store) => ImmutableInterlocked.Update(ref _stores, static (stores, one) => stores.Add(one), store);

    /// <summary>Evicts until so many bytes more fit all limits; false if they never will.</summary>
    /// <param name="grower">The store that grows.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="spared">A repository that grows: its mirror stays.</param>
    internal bool TryMakeRoom(ISpaceHolder grower, long bytes, RepositoryName? spared = null)
    {
        if (bytes > grower.MaxBytes || (options.MaxSize > 0 && bytes > options.MaxSize))
        {
            return false;
        }

        while (true)
        {
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

            if (!TryEvictFrom(from, spared))
            {
                return false;
            }
        }
    }

    private bool IsShort(long bytes) =>
        (options.MaxSize > 0 && bytes + _stores.Sum(static store => store.Bytes) > options.MaxSize) || !folder.HasRoomFor(bytes);

    private static bool TryEvictFrom(ImmutableArray<ISpaceHolder> stores, RepositoryName? spared)
    {
        (ISpaceHolder? least, double leastWorth) = (null, double.PositiveInfinity);
        foreach (ISpaceHolder store in stores)
        {
            if (store.LeastWorth(spared) is { } worth && worth < leastWorth)
            {
                (least, leastWorth) = (store, worth);
            }
        }

        // What was the least may have gone meanwhile. Then this does nothing, and the caller looks again.
        least?.TryEvict(spared);
        return least is not null;
    }
}
