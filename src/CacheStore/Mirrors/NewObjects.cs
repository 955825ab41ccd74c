using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors.Reading;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// The objects of a small pack that the mirror does not have yet. The mirror's kept git tells them from the others, before the pack is
/// moved in, and reads what leads to them afterwards: a fetch of a few commits waits for no further process.
/// </summary>
internal sealed class NewObjects
{
    /// <summary>Guards memory: commits and trees are read whole.</summary>
    private const long MaxBytes = 8 << 20;

    /// <summary>Trees of the edge that are read; more of them have changed in few commits.</summary>
    private const int MaxTrees = 256;

    private readonly Mirror _mirror;
    private readonly HashSet<ObjectId> _ids;
    private readonly HashSet<ObjectId> _edge = [];
    private readonly HashSet<ObjectId> _named = [];
    private bool _isBounded = true;

    private NewObjects(Mirror mirror, HashSet<ObjectId> ids) => (_mirror, _ids) = (mirror, ids);

    /// <summary>Those of these objects that the mirror does not have.</summary>
    public static async Task<NewObjects> AmongAsync(Mirror mirror, IEnumerable<ObjectId> ids, CancellationToken stopping)
    {
        HashSet<ObjectId> news = [.. ids];
        await mirror.AskAsync(
            withOrphans: false,
            reader => reader.AskKindsAsync([.. news], (id, _, _, _) => news.Remove(id), stopping),
            stopping
        );
        return new NewObjects(mirror, news);
    }

    public bool Contains(ObjectId id) => _ids.Contains(id);

    /// <summary>The commits that they name and that are not new, after <see cref="StraysAsync"/>.</summary>
    public IReadOnlySet<ObjectId> Edge => _edge;

    /// <summary>
    /// Whether some of them are strays, now that they are in the mirror. Whatever leads to a new object is new as well, because the mirror
    /// has the closure of each object that it had before. So the walk reads new objects only.
    /// </summary>
    /// <param name="roots">The objects that should lead to them.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task<StrayObjects> StraysAsync(IReadOnlyCollection<ObjectId> roots, CancellationToken stopping)
    {
        StrayObjects strays = StrayObjects.Unknown;
        await _mirror.AskAsync(withOrphans: false, async reader => strays = await WalkAsync(reader, roots, stopping), stopping);
        return strays;
    }

    /// <summary>
    /// Whether a client that has the edge has everything else that they name, and these objects too. True if all of it is in the newest
    /// trees of the edge. Call it after <see cref="StraysAsync"/> has found no strays.
    /// </summary>
    /// <param name="bases">Other objects that the client must have.</param>
    /// <param name="stopping">Ends it.</param>
    public async Task<bool> AreBoundedAsync(IEnumerable<ObjectId> bases, CancellationToken stopping)
    {
        HashSet<ObjectId> needed = [.. _named.Concat(bases).Except(_edge)];
        if (!_isBounded || _edge.Count == 0 || needed.Count == 0)
        {
            return _isBounded && _edge.Count > 0;
        }

        bool areThere = false;
        await _mirror.AskAsync(withOrphans: false, async reader => areThere = await AreInEdgeAsync(reader, needed, stopping), stopping);
        return areThere;
    }

    private async Task<bool> AreInEdgeAsync(ObjectReader reader, HashSet<ObjectId> needed, CancellationToken stopping)
    {
        HashSet<ObjectId> left = [.. needed],
            met = [];
        List<ObjectId> next = [.. _edge];
        List<ObjectLink> links = [];
        long bytes = 0;
        while (left.Count > 0 && next.Count > 0 && met.Count <= MaxTrees && bytes <= MaxBytes)
        {
            List<ObjectId> now = next;
            next = [];
            await reader.AskContentsAsync(
                now,
                (_, kind, _, content) =>
                {
                    bytes += content.Length;
                    links.Clear();
                    ObjectLinks.TryRead(kind, content, _mirror.ObjectFormat, links);
                    foreach (ObjectLink link in links)
                    {
                        left.Remove(link.Id);

                        // A tree that a new one names as well is unchanged. What the new ones replace is in the others.
                        if (link.Kind == ObjectKind.Tree && !_named.Contains(link.Id) && met.Add(link.Id))
                        {
                            next.Add(link.Id);
                        }
                    }
                },
                stopping
            );
        }

        return left.Count == 0;
    }

    private async Task<StrayObjects> WalkAsync(ObjectReader reader, IReadOnlyCollection<ObjectId> roots, CancellationToken stopping)
    {
        long bytes = 0;
        var unseen = new Dictionary<ObjectId, ObjectKind>();
        await reader.AskKindsAsync(
            _ids,
            (id, kind, size, _) =>
            {
                unseen[id] = kind;
                bytes += kind == ObjectKind.Blob ? 0 : size;
            },
            stopping
        );
        if (bytes > MaxBytes)
        {
            return StrayObjects.Unknown;
        }

        List<ObjectId> next = [];
        List<ObjectLink> links = [];
        foreach (ObjectId root in roots)
        {
            Meet(root);
        }

        while (next.Count > 0)
        {
            List<ObjectId> now = next;
            next = [];
            await reader.AskContentsAsync(
                now,
                (id, kind, _, content) =>
                {
                    links.Clear();
                    bool isRead = ObjectLinks.TryRead(kind, content, _mirror.ObjectFormat, links);

                    // A commit names its tree, and without a parent nothing else.
                    _isBounded &= isRead && !(kind == ObjectKind.Commit && links.Count == 1);
                    foreach (ObjectLink link in links)
                    {
                        if (!_ids.Contains(link.Id))
                        {
                            (link.Kind == ObjectKind.Commit ? _edge : _named).Add(link.Id);
                        }

                        if (kind == ObjectKind.Commit && link.Kind == ObjectKind.Commit)
                        {
                            _mirror.Children.Note(link.Id, id);
                        }

                        Meet(link.Id);
                    }
                },
                stopping
            );
        }

        return unseen.Count == 0 ? StrayObjects.None : StrayObjects.Some;

        void Meet(ObjectId id)
        {
            if (unseen.Remove(id, out ObjectKind kind) && kind != ObjectKind.Blob)
            {
                next.Add(id);
            }
        }
    }
}
