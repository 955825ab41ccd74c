namespace Waystation.GitProtocol.Objects;

/// <summary>Collects ids in their order, each once. It searches short lists, and makes a hash set only for long ones.</summary>
internal sealed class ObjectIdSet
{
    private const int SearchedUpTo = 16;

    private readonly List<ObjectId> _list = [];
    private HashSet<ObjectId>? _set;

    public int Count => _list.Count;

    public bool Add(ObjectId id)
    {
        if (_list.Count == SearchedUpTo)
        {
            _set ??= [.. _list];
        }

        if (_set is null ? _list.Contains(id) : !_set.Add(id))
        {
            return false;
        }

        _list.Add(id);
        return true;
    }

    public IReadOnlyList<ObjectId> ToList() => ValueList<ObjectId>.From(_list);
}
