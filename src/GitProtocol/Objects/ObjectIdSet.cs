namespace Waystation.GitProtocol.Objects;

/// <summary>Gathers ids in their order, each once. Short lists are searched; only long ones pay for a hash set.</summary>
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
