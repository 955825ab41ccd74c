namespace Waystation.GitProtocol.Objects;

/// <summary>Collects ids in their order, each once. It searches short lists, and makes a hash set only for long ones.</summary>
/// <param name="expected">
/// The most ids that may come. A long list takes that much at once: one that doubles leaves twice its length behind as garbage of large
/// objects, which the runtime collects late.
/// </param>
internal sealed class ObjectIdSet(int expected = 0)
{
    private const int SearchedUpTo = 16;

    private readonly List<ObjectId> _list = [];
    private HashSet<ObjectId>? _set;

    public int Count => _list.Count;

    public bool Add(ObjectId id)
    {
        if (_list.Count == SearchedUpTo)
        {
            _list.EnsureCapacity(expected);
            _set ??= NewSet();
        }

        if (_set is null ? _list.Contains(id) : !_set.Add(id))
        {
            return false;
        }

        _list.Add(id);
        return true;
    }

    /// <summary>Adds all ids to a collection.</summary>
    public void AddTo(ICollection<ObjectId> ids)
    {
        if (ids is List<ObjectId> list)
        {
            list.AddRange(_list);
            return;
        }

        _list.ForEach(ids.Add);
    }

    public IReadOnlyList<ObjectId> ToList() => ValueList<ObjectId>.From(_list);

    private HashSet<ObjectId> NewSet()
    {
        var set = new HashSet<ObjectId>(Math.Max(expected, 2 * SearchedUpTo));
        set.UnionWith(_list);
        return set;
    }
}
