using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// For commits, one commit that has each as a parent, as packs brought them lately. Such a fact never changes, because a commit's id covers
/// its parents. So it is known without a walk that the tips of yesterday are reachable from those of today:
/// <code>
///   old tip ──► its child ──► … ──► a tip
/// </code>
/// It knows little and forgets: what it does not know, a walk has to find out.
/// </summary>
internal sealed class KnownChildren
{
    /// <summary>Guards memory, of which each takes about 130 bytes.</summary>
    private const int Max = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectId, ObjectId> _childOf = [];
    private readonly Queue<ObjectId> _ages = new();

    public void Note(ObjectId parent, ObjectId child)
    {
        lock (_gate)
        {
            if (!_childOf.ContainsKey(parent))
            {
                _ages.Enqueue(parent);
            }

            _childOf[parent] = child;
            if (_childOf.Count > Max)
            {
                _childOf.Remove(_ages.Dequeue());
            }
        }
    }

    /// <summary>Whether it is known that one of the tips is this commit or leads to it. False says nothing.</summary>
    public bool LeadTo(ObjectId commit, IReadOnlySet<ObjectId> tips)
    {
        lock (_gate)
        {
            // History has no circles, so this ends.
            while (!tips.Contains(commit))
            {
                if (!_childOf.TryGetValue(commit, out commit))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
