namespace Waystation.GitProtocol.Objects;

/// <summary>Gathers ids in their order, each once. Short lists are searched; only long ones pay for a hash set.</summary>
internal sealed class ObjectIdSet
{
    private const int SearchedUpTo = 16;

    private readonly List<ObjectId> list = [];
    private HashSet<ObjectId>? set;

    public int Count => list.Count;

    public bool Add(ObjectId id)
    {
        if (list.Count == SearchedUpTo) set ??= [.. list];
        if (set is null ? list.Contains(id) : !set.Add(id)) return false;
        list.Add(id);
        return true;
    }

    public IReadOnlyList<ObjectId> ToList() => ValueList<ObjectId>.From(list);
}
