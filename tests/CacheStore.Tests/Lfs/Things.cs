using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>A store of named things without files.</summary>
internal sealed class Things : ISpaceHolder
{
    private readonly SpaceBudget _budget;
    private readonly WorthIndex<string, string> _index;

    public Things(SpaceBudget budget, long maxBytes)
    {
        _budget = budget;
        MaxBytes = maxBytes;
        _index = new(budget.Worths);
        budget.Add(this);
    }

    public List<string> Evicted { get; } = [];

    public long Bytes => _index.Bytes;

    public long BytesOfStrangers => _index.BytesOfStrangers;

    public long MaxBytes { get; }

    public static IEnumerable<string> Gone(params Things[] all) => all.SelectMany(static one => one.Evicted).Order();

    /// <summary>The things of known clients.</summary>
    public IEnumerable<string> OfKnown() =>
        _index.All().Select(static one => one.Key).Where(key => !_index.IsOfStrangers(key)).Order(StringComparer.Ordinal);

    public bool Contains(string name) => _index.Contains(name);

    public void Add(string name, long length, TimeSpan cost, bool isOfStranger = false) =>
        _index.Add(name, name, length, cost, isOfStranger);

    /// <summary>Uses a thing, or brings it in, as a store does; false if there is no room for it.</summary>
    public bool Want(string name, long length, TimeSpan cost, bool isStranger)
    {
        if (_index.Use(name, isStranger, out _) is not null)
        {
            return true;
        }

        bool hasRoom = _budget.TryMakeRoom(this, length, isStranger);
        if (hasRoom)
        {
            Add(name, length, cost, isStranger);
        }

        return hasRoom;
    }

    public double? LeastWorth(Evictable among, RepositoryName? spared) => _index.LeastWorth(among);

    public void TryEvict(Evictable among, RepositoryName? spared)
    {
        if (_index.TryRemoveLeastWorth(among, out string? name, out _))
        {
            Evicted.Add(name);
        }
    }
}
